import Glibc

/// What can be told of a library without loading it.
struct LibraryFile {
    /// Why it cannot be a library of this machine; nil if it can.
    let problem: String?
    /// Whether it needs LyceumTorch.
    let needsTorch: Bool
    /// Tells two builds apart.
    let digest: String

    /// Reads a file.
    init(path: String) throws {
        let bytes = try Files.read(path)
        problem = Self.problem(with: bytes)
        needsTorch = bytes.contains(Array("libLyceumTorch.so\0".utf8))
        digest = FileDigest.of(bytes)
    }

    #if arch(arm64)
        private static let ours = 183
    #else
        private static let ours = 62
    #endif

    /// What the first bytes of a file say against it.
    private static func problem(with head: [UInt8]) -> String? {
        guard head.count >= 20, head.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else {
            return "it is not an ELF library"
        }
        let isLittleEndian = head[5] == 1
        let machine = isLittleEndian ? Int(head[19]) << 8 | Int(head[18]) : Int(head[18]) << 8 | Int(head[19])
        guard machine == ours, isLittleEndian, head[4] == 2 else {
            return "it is built for \(name(of: machine)), this is \(name(of: ours))"
        }
        return nil
    }

    /// A machine's number in ELF as `uname -m` calls it.
    private static func name(of machine: Int) -> String {
        switch machine {
        case 3: return "i386"
        case 40: return "arm"
        case 62: return "x86_64"
        case 183: return "aarch64"
        case 243: return "riscv"
        default: return "machine \(machine) of ELF's list"
        }
    }
}

/// Tells two contents of a file apart; not a defence against somebody who wants to deceive.
public enum FileDigest {
    /// Of a file's content, 16 hexadecimal digits; nil if it cannot be read.
    public static func of(path: String) -> String? { (try? Files.read(path)).map(of) }

    /// Of some bytes: FNV-1a by words of eight bytes, with its bits mixed at the end.
    static func of(_ bytes: [UInt8]) -> String {
        var hash = FNV1a(FNV1a.basis ^ UInt64(bytes.count))
        bytes.withUnsafeBytes { buffer in
            var place = 0
            while place + 8 <= buffer.count {
                hash.add(word: buffer.loadUnaligned(fromByteOffset: place, as: UInt64.self))
                hash.value ^= hash.value >> 32
                place += 8
            }
            for byte in buffer[place...] { hash.add(byte) }
        }
        let mixed = (hash.value ^ (hash.value >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        return (mixed ^ (mixed >> 33)).hexadecimal
    }
}

/// Tells whether a file has been written again.
public enum FileStamp {
    /// Identifies the present state of a file; empty if there is none.
    public static func of(_ path: String) -> String {
        var status = stat()
        guard stat(path, &status) == 0 else { return "" }
        let time = status.st_mtim
        return "\(status.st_dev).\(status.st_ino).\(status.st_size).\(time.tv_sec).\(time.tv_nsec)"
    }
}

extension [UInt8] {
    /// Whether these bytes stand anywhere in this.
    fileprivate func contains(_ pattern: [UInt8]) -> Bool {
        guard let first = pattern.first, count >= pattern.count else { return false }
        return withUnsafeBytes { bytes in
            (0...(bytes.count - pattern.count)).contains { start in
                bytes[start] == first && bytes[start..<(start + pattern.count)].elementsEqual(pattern)
            }
        }
    }
}
