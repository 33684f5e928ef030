# Every library that we did not write. docs/dependencies.md says what each is for.

find_package(PkgConfig REQUIRED)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(cares REQUIRED IMPORTED_TARGET libcares)
pkg_check_modules(prometheus REQUIRED IMPORTED_TARGET prometheus-cpp-core)

find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(absl REQUIRED CONFIG)
find_package(Boost 1.81 REQUIRED COMPONENTS headers json)
find_package(spdlog REQUIRED CONFIG)
find_package(fmt REQUIRED CONFIG)
find_package(yaml-cpp REQUIRED CONFIG)
# MODULE first: gRPC's own configuration asks for Protobuf and would otherwise not find Debian's.
find_package(Protobuf REQUIRED MODULE)
# gRPC's configuration names targets that Debian's re2 and c-ares do not bring along.
if(NOT TARGET re2::re2)
  add_library(re2::re2 ALIAS PkgConfig::re2)
endif()
find_package(gRPC REQUIRED CONFIG)
find_package(SQLite3 REQUIRED)
find_package(PostgreSQL REQUIRED)  # libpq
find_package(CLI11 REQUIRED CONFIG)
find_package(CURL REQUIRED)

if(WSFLEET_BUILD_TESTS)
  find_package(GTest REQUIRED CONFIG)
  find_package(rapidcheck REQUIRED CONFIG)
endif()
