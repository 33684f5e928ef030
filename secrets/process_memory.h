#pragma once

namespace wsfleet {

// For a process that holds secrets: no core file of it is written, and other processes of its user read neither its
// memory nor its environment (PR_SET_DUMPABLE, proc(5)). A debugger then needs CAP_SYS_PTRACE. Under AddressSanitizer,
// whose search for leaks is a debugger, only the core file is left out. Once, before there are threads.
void KeepMemoryToItself();

}  // namespace wsfleet
