# What an installed Offhook looks like to others: CMake targets and pkg-config modules of the same parts.

# offhook_pkg_config(NAME DESCRIPTION text LIBS flags REQUIRES modules)
function(offhook_pkg_config name)
  cmake_parse_arguments(ARG "" "DESCRIPTION;LIBS;REQUIRES" "" ${ARGN})
  set(OFFHOOK_PC_NAME ${name})
  set(OFFHOOK_PC_DESCRIPTION ${ARG_DESCRIPTION})
  set(OFFHOOK_PC_LIBS ${ARG_LIBS})
  set(OFFHOOK_PC_REQUIRES ${ARG_REQUIRES})
  set(directory ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
  file(RELATIVE_PATH OFFHOOK_PC_PREFIX /${directory} /)  # the prefix as seen from the file: the tree may be moved
  configure_file(${PROJECT_SOURCE_DIR}/libsip/cmake/offhook.pc.in ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${directory})
endfunction()

function(offhook_install_package)
  set(directory ${CMAKE_INSTALL_LIBDIR}/cmake/offhook)
  foreach(library sip sdp rtp)
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/lib${library}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  endforeach()
  get_property(OFFHOOK_CODEC_PACKAGES GLOBAL PROPERTY OFFHOOK_CODEC_PACKAGES)
  list(JOIN OFFHOOK_CODEC_PACKAGES " " OFFHOOK_CODEC_PACKAGES)
  install(EXPORT offhook-targets NAMESPACE offhook:: DESTINATION ${directory})
  configure_package_config_file(${PROJECT_SOURCE_DIR}/libsip/cmake/offhook-config.cmake.in
    ${PROJECT_BINARY_DIR}/offhook-config.cmake INSTALL_DESTINATION ${directory})
  # While 0.x, a minor version may break its users.
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/offhook-config-version.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/offhook-config.cmake ${PROJECT_BINARY_DIR}/offhook-config-version.cmake DESTINATION ${directory})

  offhook_pkg_config(offhook-sip DESCRIPTION "SIP messages, transactions, dialogs, user agent and sockets"
    LIBS "-loffhook_sip -loffhook_asio -lpthread" REQUIRES "fmt libssl libcrypto libcares")
  offhook_pkg_config(offhook-sdp DESCRIPTION "Session descriptions and offer/answer" LIBS "-loffhook_sdp" REQUIRES "fmt")
  set(crypto_modules "libssl libcrypto")
  if(SRTP_FOUND)
    string(APPEND crypto_modules " libsrtp2")
  endif()
  offhook_pkg_config(offhook-rtp DESCRIPTION "RTP, RTCP, SRTP, jitter buffer, codecs, tones and sockets"
    LIBS "-loffhook_rtp -loffhook_asio -lpthread" REQUIRES "fmt ${crypto_modules} ${OFFHOOK_CODEC_PACKAGES}")
endfunction()
