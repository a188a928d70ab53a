# Compiler settings and build options shared by every target.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

# -O3 buys nothing measurable here, and costs a third of the build.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

option(PARAPET_TESTS "Build the tests" ON)
option(PARAPET_FUZZ "Build fuzz targets with libFuzzer (needs clang)" OFF)
option(PARAPET_BENCH "Build the micro benchmarks" ON)
set(PARAPET_SANITIZE "" CACHE STRING "Sanitizers to build with, as for -fsanitize= (empty: none)")
option(PARAPET_COVERAGE "Instrument for coverage" OFF)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

find_package(Threads REQUIRED)

add_library(parapet_flags INTERFACE)
target_compile_options(parapet_flags INTERFACE -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion
                       -Wno-sign-conversion -Wnon-virtual-dtor -Woverloaded-virtual -fno-omit-frame-pointer
                       -fstack-protector-strong)
target_link_libraries(parapet_flags INTERFACE Threads::Threads)
# g++ 12 sees overlaps in std::string that are not there (GCC bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(parapet_flags INTERFACE -Wno-restrict)
endif()
# clang takes what std::stable_sort of libstdc++ 12 does inside (get_temporary_buffer) for ours. g++ looks for our own.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(parapet_flags INTERFACE -Wno-deprecated-declarations)
endif()
# Hardening for what faces the network; _FORTIFY_SOURCE needs an optimised build.
target_compile_definitions(parapet_flags INTERFACE $<$<CONFIG:Release,RelWithDebInfo>:_FORTIFY_SOURCE=2>
                           $<$<CONFIG:Debug>:PARAPET_DEBUG=1>)
target_link_options(parapet_flags INTERFACE -Wl,-z,relro,-z,now)

if(PARAPET_SANITIZE)
  target_compile_options(parapet_flags INTERFACE -fsanitize=${PARAPET_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(parapet_flags INTERFACE -fsanitize=${PARAPET_SANITIZE})
endif()
if(PARAPET_COVERAGE)
  target_compile_options(parapet_flags INTERFACE --coverage)
  target_link_options(parapet_flags INTERFACE --coverage)
endif()
