import Glibc

/// Says when a recursion has used up its thread's stack, which would otherwise end the process.
public enum StackGuard {
    /// What must stay free, for the deepest call that does not ask.
    private static let reserve = 96 << 10

    private typealias Attributes = @convention(c) (pthread_t, UnsafeMutablePointer<pthread_attr_t>) -> CInt

    /// glibc's pthread_getattr_np, which its Swift module leaves out.
    private static let attributes = dlsym(nil, "pthread_getattr_np").map {
        unsafeBitCast($0, to: Attributes.self)
    }

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key, nil)
        return key
    }()

    /// The lowest address that this thread's stack may reach; looked up once for each thread.
    public static var lowest: UInt {
        if let known = pthread_getspecific(key) { return UInt(bitPattern: known) }
        var found = pthread_attr_t()
        var address: UnsafeMutableRawPointer?
        var size = 0
        var gap = 0
        guard let attributes, attributes(pthread_self(), &found) == 0 else { return 1 }
        pthread_attr_getstack(&found, &address, &size)
        pthread_attr_getguardsize(&found, &gap)
        pthread_attr_destroy(&found)
        let lowest = UInt(bitPattern: address) &+ UInt(gap) &+ UInt(reserve)
        pthread_setspecific(key, UnsafeRawPointer(bitPattern: lowest))
        return lowest
    }

    /// Whether less than the reserve is left of the stack.
    ///
    /// - Parameter lowest: of the thread that asks; keep it, as looking it up takes longer than the question.
    public static func isUsedUp(_ lowest: UInt) -> Bool {
        var here: UInt8 = 0
        return withUnsafeMutablePointer(to: &here) { UInt(bitPattern: $0) } < lowest
    }
}
