# Boost.Asio compiled once: users see declarations only, and the net shells of libsip and librtp share one copy.

# offhook_require_asio(): makes the target offhook_asio, where it is first asked for.
function(offhook_require_asio)
  if(TARGET offhook_asio)
    return()
  endif()
  add_library(offhook_asio STATIC ${PROJECT_SOURCE_DIR}/libsip/cmake/asio_impl.cpp)
  add_library(offhook::asio ALIAS offhook_asio)
  set_target_properties(offhook_asio PROPERTIES EXPORT_NAME asio)
  target_compile_definitions(offhook_asio PUBLIC BOOST_ASIO_SEPARATE_COMPILATION)
  if(OFFHOOK_SANITIZE MATCHES "thread")
    # g++ 12 warns that its thread sanitizer does not see fences. Asio's locks order the same accesses once more.
    target_compile_definitions(offhook_asio PUBLIC BOOST_ASIO_DISABLE_FENCED_BLOCK)
    target_compile_options(offhook_asio PUBLIC $<BUILD_INTERFACE:$<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>>)
  endif()
  # g++ 12 takes the two halves of Asio's own coroutine allocator for a mismatch as soon as it optimises.
  target_compile_options(offhook_asio INTERFACE
    $<BUILD_INTERFACE:$<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>>)
  target_compile_features(offhook_asio PUBLIC cxx_std_20)
  target_link_libraries(offhook_asio PUBLIC Boost::headers Threads::Threads)
  if(OFFHOOK_INSTALL)
    install(TARGETS offhook_asio EXPORT offhook-targets)
  endif()
endfunction()
