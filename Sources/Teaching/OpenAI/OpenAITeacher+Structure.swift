import LyceumKit

extension OpenAITeacher {
    /// Asks for replies of a structure, and once more for those that do not fit.
    func answer(
        _ requests: [TeacherRequest], _ structure: StructuredReply, job: Job,
        receiveGroup: ([GroupAnswer]) throws -> Void
    ) throws {
        var repairs: [(index: Int, request: TeacherRequest)] = []
        try run(requests, job: job) { group in
            var good: [GroupAnswer] = []
            for (index, result) in group {
                guard case .success(let reply) = result else {
                    good.append((index, result))
                    continue
                }
                let (judged, problem) = structure.judged(reply)
                if let problem {
                    repairs.append((index, structure.repair(requests[index], reply, problem)))
                } else {
                    good.append((index, .success(judged)))
                }
            }
            if !good.isEmpty { try receiveGroup(good) }
        }
        if repairs.isEmpty { return }
        job.note("\(job.title): \(repairs.count) replies did not fit the schema; asking for them once more")
        let second = repairs
        try run(second.map(\.request), job: job) { group in
            try receiveGroup(
                group.map { place, result -> GroupAnswer in
                    guard case .success(let reply) = result else { return (second[place].index, result) }
                    let (judged, problem) = structure.judged(reply)
                    let answer: Result<TeacherReply, any Error> =
                        problem.map { .failure(structure.failure(reply, $0)) } ?? .success(judged)
                    return (second[place].index, answer)
                })
        }
    }
}
