// libc10 and libsentencepiece both export a variable `FLAGS_minloglevel`, of 4 bytes in one and 32 in the other. ELF
// gives a process one variable per name, so with libc10's the other library writes over libc10's next variable, which
// decides whether a failed allocation throws or aborts. This definition is found first wherever this library is
// linked, and has room for either. libc10 never uses its own.
_Alignas(16) __attribute__((visibility("default"))) char FLAGS_minloglevel[64];
