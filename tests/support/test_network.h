#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/child_process.h"

namespace wsfleet::testing {

// Networks of a test alone: a middle, and places around it that reach nothing but the middle, each over a link that
// rules can break. They are network namespaces, each held by a process; the kernel takes links, addresses and rules
// down with the last process that is in one, so nothing stays behind, whatever becomes of the test. Addresses are the
// same in each test and disturb nobody.
class TestNetwork {
 public:
  // Where everybody reaches the middle.
  static constexpr char kMiddle[] = "10.0.0.1";

  // Why there are none on this machine, as a skipped test says it; empty if there are.
  static const std::string& WhyNot();

  // Throws if there are none.
  TestNetwork();

  // A command behind these arguments runs there.
  std::vector<std::string> InMiddle() const { return Into(*middle_); }
  // The place is made when it is named first.
  std::vector<std::string> In(const std::string& place) { return Into(Find(place)); }

  // To its end; returns what it printed, throws if it fails.
  std::string RunInMiddle(std::vector<std::string> arguments) const { return Run(*middle_, std::move(arguments)); }
  std::string RunIn(const std::string& place, std::vector<std::string> arguments) {
    return Run(Find(place), std::move(arguments));
  }

  // What happens to packets that leave the place and that arrive there: statements of nftables.
  struct Rules {
    std::vector<std::string> leaving = {};
    std::vector<std::string> arriving = {};
  };
  // In place of those before, at once.
  void SetRules(const std::string& place, const Rules& rules);
  void ClearRules(const std::string& place) { SetRules(place, {}); }

 private:
  ChildProcess& Find(const std::string& place);
  std::unique_ptr<ChildProcess> Hold() const;
  std::vector<std::string> IntoUser() const;
  std::vector<std::string> Into(const ChildProcess& holder) const;
  std::string Run(const ChildProcess& holder, std::vector<std::string> arguments) const;

  std::unique_ptr<ChildProcess> middle_;
  std::map<std::string, std::unique_ptr<ChildProcess>> places_;
};

}  // namespace wsfleet::testing
