# Compiler settings that hold for every target. Sanitizers are chosen by the presets.

option(WSFLEET_BUILD_TESTS "Build the test programs" ON)
option(WSFLEET_BUILD_FUZZERS "Build the fuzz targets (clang only)" OFF)
set(WSFLEET_SANITIZE "" CACHE STRING "Value of -fsanitize= for our own code, empty for none")
# With Debian's headers of gRPC, Boost and Abseil, most of a file's cost is what it includes.
option(WSFLEET_UNITY "Compile and lint some twenty sources of a library or a test program at once" OFF)
# What is shipped: the same bytes from whatever folder, and what the compiler has against overflows.
option(WSFLEET_SHIPPED "Build as packages and the image are built" OFF)
option(WSFLEET_COVERAGE "Instrument for gcov" OFF)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

# Release keeps assertions of our invariants out and line numbers in.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")

find_program(WSFLEET_MOLD mold)
if(WSFLEET_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

find_program(WSFLEET_CCACHE ccache)
if(WSFLEET_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${WSFLEET_CCACHE}")
endif()

if(WSFLEET_SHIPPED)
  # Assertions of libraries and debug information name files; a folder in them would also change the build's id.
  add_compile_options("-ffile-prefix-map=${CMAKE_SOURCE_DIR}=." "-ffile-prefix-map=${CMAKE_BINARY_DIR}=./build")
  add_compile_options(-D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection -fcf-protection)
  add_link_options(-Wl,-z,relro,-z,now)
endif()

# What our own sources are compiled with; generated code gets none of it.
add_library(wsfleet_options INTERFACE)
target_compile_options(wsfleet_options INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-qual
  -Wundef -Wimplicit-fallthrough -Wunused)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 sees dangling and uninitialised values inside inlined std::variant and coroutines where there are none.
  target_compile_options(wsfleet_options INTERFACE -Wno-maybe-uninitialized -Wno-restrict -Wno-mismatched-new-delete)
  # Its own garbage collection takes a tenth of the time of a batch, for want of a gigabyte.
  add_compile_options(--param=ggc-min-heapsize=2097152)
  # To g++ a source of a batch is a header, whose types must not have members of an anonymous namespace.
  if(WSFLEET_UNITY)
    target_compile_options(wsfleet_options INTERFACE -Wno-subobject-linkage)
  endif()
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # libstdc++ 12's stable_sort calls what libstdc++ 12 deprecates.
  target_compile_options(wsfleet_options INTERFACE -Wno-deprecated-declarations)
endif()
target_include_directories(wsfleet_options INTERFACE "${CMAKE_SOURCE_DIR}")

if(WSFLEET_SANITIZE)
  add_compile_options(-fsanitize=${WSFLEET_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${WSFLEET_SANITIZE})
endif()
if(WSFLEET_COVERAGE)
  add_compile_options(--coverage -fprofile-update=atomic)
  add_link_options(--coverage)
endif()
