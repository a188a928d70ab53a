# A room is a folder, a static library and a namespace.
#
#   parapet_room(<name> <folder from the top> [APART] [ROOMS <room>...] [LIBS <outside library target>...])
#
# Headers are included by their path from the top (`#include "sbc/sip/uri.h"`). Each room publishes an include
# directory that holds a link to its own folder and nothing else, so that including a room that is not among ROOMS
# (or reachable through them) does not compile.
#
# A release compiles several files of a room at once (a "unity build"): most of the time goes into headers that they
# share. So two files of a room must not have helpers of one name, but for rooms that are APART. The other presets
# compile each file by itself, which shows includes that are missing.
function(parapet_room name folder)
  cmake_parse_arguments(ARG "APART" "" "ROOMS;LIBS" ${ARGN})
  set(source_dir ${PROJECT_SOURCE_DIR}/${folder})
  file(GLOB sources CONFIGURE_DEPENDS ${source_dir}/*.cc)
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")

  set(view ${PROJECT_BINARY_DIR}/rooms/${name})
  get_filename_component(parent ${view}/${folder} DIRECTORY)
  file(MAKE_DIRECTORY ${parent})
  if(NOT EXISTS ${view}/${folder})
    file(CREATE_LINK ${source_dir} ${view}/${folder} SYMBOLIC)
  endif()

  if(sources)
    add_library(${name} STATIC ${sources})
    set(scope PUBLIC)
    if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT ARG_APART)
      set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
      # With more to inline g++ 12 sees members that nobody has set where there are none; files by themselves are asked.
      target_compile_options(${name} PRIVATE -Wno-maybe-uninitialized)
    endif()
  else()
    add_library(${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${name} ${scope} ${view})
  target_link_libraries(${name} ${scope} parapet_flags ${ARG_ROOMS} ${ARG_LIBS})
endfunction()

# The allocator of a process that runs for months (sbc/docs/decisions/0005-jemalloc.md). Sanitizers bring their own.
function(parapet_allocator program)
  if(PARAPET_SANITIZE OR PARAPET_FUZZ)
    return()
  endif()
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(JEMALLOC REQUIRED IMPORTED_TARGET jemalloc)
  # No symbol of it is named anywhere: it only has to be loaded.
  target_link_libraries(${program} PRIVATE -Wl,--push-state,--no-as-needed PkgConfig::JEMALLOC -Wl,--pop-state)
endfunction()

# What every unit test includes, compiled once: half of the time that a test takes to compile went into it. Sources say
# what they include all the same; the preset `debug` builds them without.
function(parapet_precompiled_tests)
  # A program as they are: position independence is part of what has to be equal.
  add_executable(unit_headers ${PROJECT_SOURCE_DIR}/tests/unit/headers.cc)
  target_link_libraries(unit_headers PRIVATE parapet_flags GTest::gmock GTest::gtest_main)
  target_compile_options(unit_headers PRIVATE -O0 -U_FORTIFY_SOURCE)
  target_precompile_headers(unit_headers PRIVATE <gmock/gmock.h> <gtest/gtest.h> <algorithm> <array> <chrono> <functional>
                            <map> <memory> <optional> <set> <span> <string> <string_view> <variant> <vector>)
endfunction()

# parapet_unit_test(<room> [ROOMS <room>...] [LIBS ...]): tests/unit/<room>/*_test.cc become one program and one CTest entry.
function(parapet_unit_test room)
  cmake_parse_arguments(ARG "" "" "ROOMS;LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/unit/${room}/*.cc)
  if(NOT sources)
    return()
  endif()
  add_executable(unit_${room} ${sources})
  target_link_libraries(unit_${room} PRIVATE ${room} ${ARG_ROOMS} ${ARG_LIBS} GTest::gmock GTest::gtest_main)
  # What is tested is optimised as it will run; the tests themselves are not: they run for milliseconds and compile for
  # minutes.
  target_compile_options(unit_${room} PRIVATE $<$<CONFIG:Release>:-O0 -U_FORTIFY_SOURCE>)
  if(TARGET unit_headers)
    target_precompile_headers(unit_${room} REUSE_FROM unit_headers)
  endif()
  add_test(NAME unit_${room} COMMAND unit_${room} --gtest_brief=1)
  set_tests_properties(unit_${room} PROPERTIES LABELS unit TIMEOUT 300)
endfunction()
