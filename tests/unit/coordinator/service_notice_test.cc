#include "coordinator/service_notice.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_directory.h"

namespace wsfleet::coordinator {
namespace {

// What arrives at a socket of this name while it is told.
std::string Heard(const std::string& name) {
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  name.copy(address.sun_path, sizeof(address.sun_path) - 1);
  if (name.front() == '@') address.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  EXPECT_EQ(bind(socket, reinterpret_cast<const sockaddr*>(&address), length), 0);
  EXPECT_TRUE(NotifyReady(name).ok());
  std::array<char, 100> heard{};
  const ssize_t size = recv(socket, heard.data(), heard.size(), MSG_DONTWAIT);
  close(socket);
  return size < 0 ? "" : std::string(heard.data(), static_cast<std::size_t>(size));
}

TEST(ServiceNotice, IsHeardAtAPathAndAtAnAbstractName) {
  const testing::TemporaryDirectory directory;
  EXPECT_EQ(Heard((directory.path() / "notify").string()), "READY=1");
  EXPECT_EQ(Heard("@wsfleet-test-" + std::to_string(getpid())), "READY=1");
}

TEST(ServiceNotice, IsNoneWhereNobodyAsked) { EXPECT_TRUE(NotifyReady("").ok()); }

TEST(ServiceNotice, SaysWhyNobodyHeardIt) {
  EXPECT_THAT(std::string(NotifyReady("/nowhere/notify").message()), ::testing::HasSubstr("No such file or directory"));
  EXPECT_FALSE(NotifyReady(std::string(200, 'x')).ok());
}

}  // namespace
}  // namespace wsfleet::coordinator
