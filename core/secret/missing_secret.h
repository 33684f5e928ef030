#pragma once

#include <map>
#include <string>
#include <string_view>

// What is said of a secret that a run does not have.
namespace wsfleet {

// Secrets that an operator keeps for the fleet and that could not be read, each with where: "the coordinator".
using UnreadSecrets = std::map<std::string, std::string, std::less<>>;

// How whoever makes a run gives it a secret: "pass --secret NAME", or in the file of its schedule.
std::string HowToGive(std::string_view name, bool is_scheduled);

// Why a run has no secret of this name, and what to do about it.
std::string WhyMissing(std::string_view name, const UnreadSecrets& unread, bool is_scheduled);

}  // namespace wsfleet
