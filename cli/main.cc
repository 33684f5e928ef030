#include <cstdlib>

#include "cli/command_line/program.h"

int main(int argc, char** argv) {
  // What gRPC has to say reaches the user as the error of a call; whoever wants more sets the variable.
  setenv("GRPC_VERBOSITY", "NONE", 0);
  wsfleet::cli::Interrupt interrupt;  // before any thread
  return wsfleet::cli::Program(interrupt).Main(argc, argv);
}
