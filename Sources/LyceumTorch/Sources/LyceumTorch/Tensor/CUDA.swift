internal import CTorch
import Glibc
import LyceumKit

// Lyceum links only libtorch's CPU part. The CUDA part is opened at run time, where there is one and a device for it.
enum CUDA {
    /// Whether there is a device and libtorch can use it; see `Torch.hasCUDA`.
    static var isAvailable: Bool { failure == nil }

    /// See `Torch.loadCUDA`.
    static func load() throws {
        if let failure { throw failure }
    }

    /// Whether a device multiplies bf16 in hardware: those of compute capability 8 and above do.
    static func hasHardwareBF16(_ index: Int) -> Bool {
        Int32(exactly: index).map { ctorch_cuda_driver_capability($0) >= 8 } ?? false
    }

    /// The CUDA device that is this process's own: the first, or among several ranks on a machine the one of its
    /// number there. A launcher that shows each rank one device only leaves one to choose.
    static var deviceOfRank: Int {
        (Ranks.group?.place.localRank ?? 0) % max(1, Int(ctorch_cuda_driver_devices()))
    }

    private static let failure: LyceumError? = {
        guard ctorch_cuda_driver_devices() > 0 else {
            return .unsupported(
                "CUDA is not available: the NVIDIA driver is not installed or finds no device",
                remedy: "use device = 'cpu'")
        }
        let remedy =
            "install PyTorch 2.11.0 for CUDA and set LIBTORCH to the folder that "
            + "python -c 'import torch; print(torch.__path__[0])' prints"
        let folders = libraryFolders()
        guard let folder = folders.first(where: { Files.exists(Files.join($0, cudaLibrary)) }) else {
            return .unsupported(
                "CUDA is not available: there is no \(cudaLibrary) in " + folders.joined(separator: " or "),
                remedy: remedy)
        }
        guard ctorch_load_cuda(Files.join(folder, cudaLibrary)) == CTORCH_OK else {
            let reason = String(cString: ctorch_last_error())
            return .unsupported("CUDA is not available: \(folder)/\(cudaLibrary): \(reason)", remedy: remedy)
        }
        return nil
    }()

    private static let cudaLibrary = "libtorch_cuda.so"

    /// Where libtorch's CUDA part may lie.
    private static func libraryFolders() -> [String] {
        var folders: [String] = []
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        if ctorch_library_folder(&path, path.count) {
            folders.append(path.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" })
        }
        if let chosen = Environment.value("LIBTORCH") {
            folders.append(Files.join(chosen, "lib"))
        }
        return folders
    }
}
