import Foundation
import Lab
import LyceumKit
import TestServers
import Testing

/// A process that is killed loses nothing that was committed.
@Suite struct KilledTests {
    @Test(
        "killed at ten random moments, a run loses no committed reply and asks at most those on their way again"
    )
    func kills() throws {
        let folder = "/tmp/lyceum-kills-\(UInt64.random(in: 0...UInt64.max))"
        try Files.makeFolder(folder)
        defer { Files.removeTree(folder) }
        let server = try echoServer(delay: 0.003)
        defer { server.stop() }
        let (rows, concurrency) = (300, 8)
        try Files.write(
            """
            local rows = {}
            for i = 1, \(rows) do rows[i] = { text = "q" .. i } end
            local gpt = teacher.open { "openai", model = "tiny", base_url = "\(server.baseURL)", concurrency = \(concurrency) }
            local out = gpt:generate(data.from(rows), { prompt = prompt "{{ text }}" })
            assert(#out == \(rows) and out.failed == nil)
            for i, r in ipairs(out) do assert(r.reply == "re: q" .. i) end
            print "done"
            """, to: folder + "/run.lua")
        let lab = LabStore(folder: folder + "/lab")
        var committed: Set<String> = []
        for _ in 0..<10 {
            let seen = server.requests.count
            let program = try startProgram(folder)
            // The lab is made before the first request is sent.
            let moment = Int.random(in: 1...30)
            while server.requests.count < seen + moment, program.isRunning { usleep(200) }
            kill(program.processIdentifier, SIGKILL)
            program.waitUntilExit()
            // Nothing that was in the lab before was asked again.
            let asked = try server.requests[seen...].map { try question($0) }
            #expect(committed.isDisjoint(with: asked))
            committed.formUnion(
                try lab.sql("SELECT text FROM replies").rows.compactMap {
                    $0.first?.string.map { String($0.dropFirst(4)) }
                })
        }
        #expect(!committed.isEmpty)
        let last = try startProgram(folder)
        last.waitUntilExit()
        #expect(last.terminationStatus == 0)
        #expect(server.requests.count <= rows + 10 * concurrency, "\(server.requests.count)")
        #expect(try lab.sql("SELECT count(DISTINCT key) FROM replies").rows == [[.integer(rows)]])
    }
}
