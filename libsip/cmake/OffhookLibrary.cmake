# How the three libraries are put together: one list of warnings, and a library as a stack of layers.

# The one list of warnings. Private to our own code: who links Offhook keeps their own.
add_library(offhook_warnings INTERFACE)
target_compile_options(offhook_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wswitch-enum -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual
  # Once it inlines std::string and std::variant, g++ 12 sees overlaps, overreads and uninitialised members that are not there.
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<NOT:$<CONFIG:Debug>>>:-Wno-restrict;-Wno-maybe-uninitialized;-Wno-stringop-overread>
  $<$<BOOL:${OFFHOOK_WERROR}>:-Werror>)
if(OFFHOOK_SANITIZE)
  add_compile_options(-fsanitize=${OFFHOOK_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${OFFHOOK_SANITIZE})
  # Built at -O1, so g++ 12 inlines here as well.
  target_compile_options(offhook_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
endif()

# offhook_layers(PREFIX LAYERS a b c [LINK libs...])
#
# Makes one target PREFIX_<layer> for each folder src/<layer>, lowest first. A layer links only the layers below it, so a unit test that links
# PREFIX_<layer> proves that the layer stands without what lies above. Sources are found by folder: a new file needs no entry here.
function(offhook_layers prefix)
  cmake_parse_arguments(ARG "" "" "LAYERS;LINK" ${ARGN})
  set(below "")
  foreach(layer IN LISTS ARG_LAYERS)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/src/${layer}/*.cpp)
    if(layer STREQUAL "base")
      file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/src/*.cpp)
    endif()
    set(target ${prefix}_${layer})
    if(sources)
      add_library(${target}_objects OBJECT ${sources})
      target_include_directories(${target}_objects
        PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include> PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
      target_link_libraries(${target}_objects PUBLIC ${ARG_LINK} PRIVATE $<BUILD_INTERFACE:offhook_warnings>)
      add_library(${target} STATIC $<TARGET_OBJECTS:${target}_objects>)
      set_property(GLOBAL APPEND PROPERTY OFFHOOK_${prefix}_OBJECTS ${target}_objects)
      set(scope PUBLIC)
    else()
      add_library(${target} INTERFACE)
      set(scope INTERFACE)
    endif()
    target_include_directories(${target} ${scope} ${CMAKE_CURRENT_SOURCE_DIR}/include)
    target_link_libraries(${target} ${scope} ${below} ${ARG_LINK})
    set(below ${target})
  endforeach()
endfunction()

# offhook_library(TARGET EXPORT name PREFIX p [LAYERS a b ...] [PUBLIC libs] [PRIVATE libs])
#
# The installed library: the objects of the named layers of PREFIX (all, if none is named), known inside and outside the build as offhook::<EXPORT>.
function(offhook_library target)
  cmake_parse_arguments(ARG "" "EXPORT;PREFIX" "LAYERS;PUBLIC;PRIVATE" ${ARGN})
  if(ARG_LAYERS)
    set(objects "")
    foreach(layer IN LISTS ARG_LAYERS)
      if(TARGET ${ARG_PREFIX}_${layer}_objects)
        list(APPEND objects ${ARG_PREFIX}_${layer}_objects)
      endif()
    endforeach()
  else()
    get_property(objects GLOBAL PROPERTY OFFHOOK_${ARG_PREFIX}_OBJECTS)
  endif()
  set(sources "")
  foreach(object IN LISTS objects)
    list(APPEND sources $<TARGET_OBJECTS:${object}>)
  endforeach()
  if(NOT sources)
    return()
  endif()
  add_library(${target} ${sources})
  add_library(offhook::${ARG_EXPORT} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${ARG_EXPORT} VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR} LINKER_LANGUAGE CXX)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${target} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
  if(OFFHOOK_INSTALL)
    install(TARGETS ${target} EXPORT offhook-targets)
  endif()
endfunction()
