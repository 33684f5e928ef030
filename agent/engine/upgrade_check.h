#pragma once

#include <string_view>

#include "agent/engine/transport.h"
#include "boost/system/error_code.hpp"

// What an answer is, by what was received of it and by how reading it ended.
namespace wsfleet::engine {

// Why there is no whole answer: the connection ended (tcp), or TLS did (tls), what came is not HTTP/1.1 (protocol), or
// it is larger than our limit (config).
// `plain`: without TLS.
WireFailure ExchangeFailure(Phase phase, bool plain, const boost::system::error_code& error, std::string_view received);

// Of an answer with a head; sets answer.deflate if it is a 101 as RFC 6455, 4.1 asks for it.
WireFailure JudgeUpgrade(const UpgradeRequest& upgrade, const boost::system::error_code& error, HttpAnswer& answer);

}  // namespace wsfleet::engine
