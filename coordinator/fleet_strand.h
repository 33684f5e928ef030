#pragma once

#include "boost/asio/io_context.hpp"
#include "boost/asio/strand.hpp"

namespace wsfleet::coordinator {

// What serialises everything that is decided about fleets.
using FleetStrand = boost::asio::strand<boost::asio::io_context::executor_type>;

}  // namespace wsfleet::coordinator
