// The whole program of a closure link: see wsfleet_library() in WsfleetTargets.cmake.
int main() { return 0; }
