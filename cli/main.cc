#include "cli/command_line/program.h"

int main(int argc, char** argv) {
  wsfleet::cli::Interrupt interrupt;  // before any thread
  return wsfleet::cli::Program(interrupt).Main(argc, argv);
}
