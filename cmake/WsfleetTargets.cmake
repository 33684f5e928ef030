# wsfleet_library(NAME SOURCES … DEPENDS …)
#
# A static library wsfleet_NAME, and the program closure_NAME beside it: NAME as a whole archive, linked against what
# it declares and nothing else. A call against the arrows of docs/architecture.md is an undefined symbol there, so it
# fails the build.
function(wsfleet_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  set(target wsfleet_${name})
  add_library(${target} STATIC ${ARG_SOURCES})
  target_link_libraries(${target} PUBLIC ${ARG_DEPENDS} PRIVATE $<BUILD_INTERFACE:wsfleet_options>)
  target_include_directories(${target} PUBLIC "${CMAKE_SOURCE_DIR}")
  wsfleet_batches(${target})

  add_executable(closure_${name} "${CMAKE_SOURCE_DIR}/cmake/closure_main.cc")
  target_link_libraries(closure_${name} PRIVATE
    -Wl,--whole-archive $<TARGET_FILE:${target}> -Wl,--no-whole-archive ${ARG_DEPENDS})
  add_dependencies(closure_${name} ${target})
  set_target_properties(closure_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/closure")
endfunction()

# wsfleet_batches(TARGET): with WSFLEET_UNITY its sources are compiled some twenty at once.
function(wsfleet_batches target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${WSFLEET_UNITY} UNITY_BUILD_BATCH_SIZE 20)
endfunction()

# wsfleet_unoptimised(TARGET): for tests and what only serves them, or the build. They are compiled more often than they are run; what they
# test is optimised, and has its line numbers.
function(wsfleet_unoptimised target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O0$<SEMICOLON>-g0>)
endfunction()

# wsfleet_waits_for_others(TARGET): a program's command line, or a program that does nothing at length itself. A release
# compiles it with -O1, in two thirds of the time.
function(wsfleet_waits_for_others target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
endfunction()

# wsfleet_program(NAME SOURCES … DEPENDS …): a program in bin/.
function(wsfleet_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} wsfleet_options)
endfunction()

# wsfleet_test(NAME SOURCES … DEPENDS … [PROGRAMS …] [LABELS …] [TIMEOUT SECONDS]): a GoogleTest program whose every TEST is
# a ctest test. PROGRAMS, which it starts, are built before it, as far as they are built at all. With the label `nightly` it
# is none of those that every change runs, but of `ctest --preset nightly`.
function(wsfleet_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPENDS;PROGRAMS;LABELS" ${ARGN})
  if(NOT WSFLEET_BUILD_TESTS)
    return()
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)  # an empty list would take the next word for a label
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} wsfleet_options GTest::gtest_main GTest::gmock)
  target_compile_definitions(${name} PRIVATE WSFLEET_SOURCE_DIR="${CMAKE_SOURCE_DIR}" WSFLEET_BIN_DIR="${CMAKE_BINARY_DIR}/bin")
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  foreach(program ${ARG_PROGRAMS})
    if(TARGET ${program})
      add_dependencies(${name} ${program})
    endif()
  endforeach()
  wsfleet_batches(${name})
  wsfleet_unoptimised(${name})
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT})
endfunction()

# wsfleet_nightly(NAME COMMAND … [ENVIRONMENT …] [TIMEOUT …]): a ctest test that takes too long for ./test.sh. The test preset
# "nightly" runs these, and no other preset does.
function(wsfleet_nightly name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "COMMAND;ENVIRONMENT" ${ARGN})
  add_test(NAME ${name} COMMAND ${ARG_COMMAND})
  set_tests_properties(${name} PROPERTIES LABELS nightly ENVIRONMENT "${ARG_ENVIRONMENT}" TIMEOUT "${ARG_TIMEOUT}")
endfunction()

# wsfleet_fuzzer(NAME SOURCES … DEPENDS …): a libFuzzer program; built by the fuzz preset only.
function(wsfleet_fuzzer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  if(NOT WSFLEET_BUILD_FUZZERS)
    return()
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} wsfleet_options)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/fuzz")
  if(NOT TARGET fuzzers)
    add_custom_target(fuzzers)  # all of them
  endif()
  add_dependencies(fuzzers ${name})
endfunction()
