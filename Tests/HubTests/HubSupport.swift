import Foundation
import LyceumKit
import Synchronization
import TestServers

@testable import Hub

extension HubServer {
    /// Settings for this Hub and a cache of its own.
    func settings(_ cache: String, _ variables: [String: String] = [:]) -> HubSettings {
        let own = [
            "HF_ENDPOINT": endpoint, "HF_HUB_CACHE": cache, "HF_TOKEN": "hf_secret",
            "HF_HUB_DOWNLOAD_TIMEOUT": "1",
        ]
        let all = own.merging(variables) { $1 }
        return HubSettings { all[$0] }
    }
}

/// What a job says.
final class Notes: Sendable {
    private let said = Mutex<(notes: [String], progress: [Job.Progress])>(([], []))
    var lines: [String] { said.withLock { $0.notes } }
    var progress: [Job.Progress] { said.withLock { $0.progress } }
    func job(_ title: String = "test") -> Job {
        Job(
            title, obeysInterrupt: false,
            listener: Job.Listener(
                progress: { progress in self.said.withLock { $0.progress.append(progress) } },
                note: { line in self.said.withLock { $0.notes.append(line) } }))
    }
}

/// Counts, from several threads.
final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    /// The number of this call, from 1.
    func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).newValue }
}
