import Glibc
import LyceumKit

/// Joins the ranks that the environment names. The application finds this function by its name, because it does not
/// link libtorch: a process that runs alone never loads it.
///
/// - Returns: null, or the message of the error, which the caller frees.
@c(lyceum_join_ranks)
public func joinRanks(_ seconds: Int32) -> UnsafeMutablePointer<CChar>? {
    do {
        guard let place = try RankPlace.read(Environment.value) else {
            return nil
        }
        Ranks.join(try TorchRankGroup(place, joining: Int(seconds)))
        return nil
    } catch {
        return strdup("\(error)")
    }
}
