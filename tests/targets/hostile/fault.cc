#include "tests/targets/hostile/fault.h"

#include <algorithm>
#include <utility>

#include "tests/targets/hostile/bytes.h"

namespace wsfleet::hostile {

const std::vector<Fault>& AllFaults() {
  static const std::vector<Fault> kFaults = [] {
    std::vector<Fault> all;
    for (auto part : {TcpFaults, TlsFaults, HttpFaults, UpgradeFaults, FrameFaults, CloseFaults, ApplicationFaults}) {
      for (Fault& fault : part()) all.push_back(std::move(fault));
    }
    return all;
  }();
  return kFaults;
}

const Fault* FindFault(std::string_view name) {
  const auto found = std::ranges::find(AllFaults(), name, &Fault::name);
  return found == AllFaults().end() ? nullptr : &*found;
}

std::string_view LayerName(Layer layer) {
  switch (layer) {
    case Layer::kDns:
      return "dns";
    case Layer::kTcp:
      return "tcp";
    case Layer::kTls:
      return "tls";
    case Layer::kHttp:
      return "http";
    case Layer::kUpgrade:
      return "upgrade";
    case Layer::kFrames:
      return "frames";
    case Layer::kClose:
      return "close";
    case Layer::kApplication:
      return "application";
  }
  return "";
}

std::string PathOf(const Fault& fault) { return "/fault/" + fault.name; }

const Script& HealthyScript() {
  static const Script kScript{Send(SwitchingProtocols()), Serve()};
  return kScript;
}

}  // namespace wsfleet::hostile
