// A device for tests, libtorch's PrivateUse1, named "extended", whose tensors lie in ordinary memory but mix with the CPU's as little
// as a GPU's do. Every operator is computed on the CPU from copies, so results are the CPU's.
//
// It shows on a machine without a GPU that a network, its batches and its optimizer follow the device: a tensor that
// stays behind on the CPU is libtorch's error "expected all tensors to be on the same device".
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// How many operators have run on the device so far. Linking this library is what makes the device exist.
int64_t cextension_device_calls(void);

#ifdef __cplusplus
}
#endif
