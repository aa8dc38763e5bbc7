import Glibc

/// What libtorch and its OpenMP read from the environment when they are loaded. What the user has set stays.
enum LibtorchVariables {
    /// To be called before anything loads libtorch.
    static func set() {
        // libgomp's threads spin while they wait, which costs most of the time on a machine that is not idle.
        setenv("GOMP_SPINCOUNT", "2000", 0)
        // Large tensors lie in huge pages. A training allocates and frees them all the time, and each time the kernel
        // clears their pages: a step of T5-small in bf16 had 1.6 million page faults, has 0.3, and takes a tenth less.
        setenv("THP_MEM_ALLOC_ENABLE", "1", 0)
    }
}
