#include "tests/targets/hostile/script.h"

#include <utility>

namespace wsfleet::hostile {
namespace {

constexpr std::chrono::milliseconds kDripInterval{20};

}  // namespace

Act ReadByte() { return {Act::Kind::kReadByte}; }
Act ReadHead() { return {Act::Kind::kReadHead}; }
Act ReadFrame() { return {Act::Kind::kReadFrame}; }
Act Send(std::string bytes) { return {Act::Kind::kSend, std::move(bytes)}; }
Act SendPart(std::string bytes) { return {Act::Kind::kSendPart, std::move(bytes)}; }
Act Repeat(std::string bytes) { return {Act::Kind::kRepeat, std::move(bytes)}; }
Act Drip(std::string bytes) { return {Act::Kind::kDrip, std::move(bytes), kDripInterval}; }
Act Pause(std::chrono::milliseconds pause) { return {Act::Kind::kPause, {}, pause}; }
Act Serve() { return {Act::Kind::kServe}; }
Act Finish() { return {Act::Kind::kFinish}; }
Act Reset() { return {Act::Kind::kReset}; }
Act Hold() { return {Act::Kind::kHold}; }

}  // namespace wsfleet::hostile
