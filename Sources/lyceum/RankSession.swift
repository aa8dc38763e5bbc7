import Console
import Glibc
import LyceumKit
import Workbench

/// What is different for one of several ranks: only rank 0 prints, shows progress and keeps a lab; an error on one
/// ends them all.
struct RankSession {
    let place: RankPlace

    /// Joins the ranks that the environment names; nil for a process that runs alone.
    static func join() throws -> RankSession? {
        let place: RankPlace?
        do { place = try Ranks.joinFromEnvironment() } catch {
            Terminal.report("lyceum: \(error)")
            exit(1)
        }
        guard let place else { return nil }
        if place.rank > 0 { silenceOutput() }
        return RankSession(place: place)
    }

    /// Whether this rank shows nothing.
    var isSilent: Bool { place.rank > 0 }

    /// The folder of the lab that rank 0 keeps; nil where this rank cannot read it, because it runs on another machine
    /// (SQLite's log does not work over a network file system), or there is none.
    ///
    /// - Parameter own: what this rank's arguments say.
    func lab(of own: String?) throws -> String? {
        guard let group = Ranks.group else { return own }
        let machine = try Files.read("/proc/sys/kernel/random/boot_id").filter { $0 > 0x20 }
        let said = own.map { machine + [0x0A] + Array(LabSession.absolute($0).utf8) } ?? []
        let lines = try group.broadcast(place.rank == 0 ? said : [], from: 0).split(
            separator: 0x0A, maxSplits: 1)
        guard lines.count == 2, lines[0].elementsEqual(machine) else { return place.rank == 0 ? own : nil }
        return String(decoding: lines[1], as: UTF8.self)
    }

    /// Reports errors for this rank, and tells the others, who end with it.
    func attach(to session: Session) {
        session.reporting = { text in
            guard let group = Ranks.group else { return text }
            guard let first = group.fail(text) else { return "rank \(place.rank): \(text)" }
            if first.rank == place.rank { return "rank \(place.rank): \(text)" }
            // The same mistake on every rank, or the failure of another: the first has reported it. Rank 0 repeats
            // it, because it is the one whose output is read.
            if first.message == text { return nil }
            if text.contains("rank \(first.rank) failed: ") { return place.rank == 0 ? text : nil }
            return "rank \(place.rank): \(text)"
        }
    }

    /// Leaves after a script that ended well.
    func leave() { Ranks.group?.leave() }

    /// Everything a script prints comes from rank 0. Errors of other ranks still reach standard error.
    private static func silenceOutput() {
        let null = open("/dev/null", O_WRONLY)
        guard null >= 0 else { return }
        dup2(null, 1)
        close(null)
    }
}
