#include <utility>

#include "tests/targets/hostile/bytes.h"
#include "tests/targets/hostile/fault.h"

// A protocol that is right, and events that are not: "started", "working", "done" are what should come.
namespace wsfleet::hostile {
namespace {

Fault Events(std::string name, std::string what, Script script) {
  script.insert(script.begin(), Send(SwitchingProtocols()));
  script.push_back(Serve());
  return {std::move(name), std::move(what), Layer::kApplication, std::move(script)};
}

}  // namespace

std::vector<Fault> ApplicationFaults() {
  const std::string started = Event("started"), working = Event("working"), done = Event("done");
  return {
      Events("event-missing", "no \"working\"", {Send(started + done)}),
      Events("event-twice", "\"working\" twice", {Send(started + working + working + done)}),
      Events("event-order", "\"done\" before \"working\"", {Send(started + done + working)}),
      Events("event-late", "\"done\" after 300 ms",
             {Send(started + working), Pause(std::chrono::milliseconds(300)), Send(done)}),
      Events("event-forbidden", "\"error\" among them", {Send(started + working + Event("error") + done)}),
      Events("event-wrong-type", "a number as text",
             {Send(started + working + Frame(kTextFrame, R"({"type":"done","count":"3"})"))}),
      Events("event-not-json", "\"done\" that is cut short",
             {Send(started + working + Frame(kTextFrame, R"({"type":"done")"))}),
      Events("event-binary", "\"done\" as a binary frame",
             {Send(started + working + Frame(kBinaryFrame, R"({"type":"done"})"))}),
  };
}

}  // namespace wsfleet::hostile
