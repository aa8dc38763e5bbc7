import Foundation
import LyceumKit
import Synchronization

@testable import Teaching

/// A teacher that asks a test's server.
func open(
    _ baseURL: String, _ options: [String: Value] = [:], environment: [String: String] = [:]
) throws -> OpenAITeacher {
    let given: [String: Value] = ["model": "tiny", "base_url": .string(baseURL), "concurrency": 4]
    let checked = try Options(
        given.merging(options) { $1 }, declared: OpenAITeacher.options, function: "teacher.open")
    return try OpenAITeacher(checked) { environment[$0] }
}

extension TeacherRun.Result {
    /// What ended the run early, as a person reads it; empty if nothing did.
    var stopText: String { stopped.map { "\($0)" } ?? "" }
}

/// Questions "q0", "q1", …
func questions(_ count: Int) -> [TeacherRequest] {
    (0..<count).map { TeacherRequest(messages: [ChatMessage(.user, "q\($0)")]) }
}

/// The seconds that something takes.
func seconds(_ body: () throws -> Void) rethrows -> Double {
    let clock = ContinuousClock()
    let start = clock.now
    try body()
    return start.duration(to: clock.now).seconds
}

/// Bytes in gzip's format, stored without compression (RFC 1951, 1952).
func gzip(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = (crc >> 1) ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
    func little(_ number: UInt32, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * UInt32($0))) }
    }
    let length = UInt32(bytes.count)
    return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF, 1] + little(length, 2) + little(~length, 2) + bytes
        + little(~crc, 4) + little(length, 4)
}

/// Counts who is inside.
final class Counter: Sendable {
    private let inside = Mutex(0)

    func enter() -> Int {
        inside.withLock {
            $0 += 1
            return $0
        }
    }

    func leave() { inside.withLock { $0 -= 1 } }
}
