import NIOCore

/// Tells a client that does its part, however slowly, from one that only holds its connection.
///
/// The connection looks at regular times, and says what it waits for at each.
struct StallWatch {
    /// What a connection waits for.
    enum Wait {
        /// A request, of which nothing has come.
        case request
        /// The rest of a body that is kept in memory.
        case body
        /// The rest of a body that is a file, or that is thrown away.
        case longBody
        /// That the client reads. It has acknowledged so many bytes since the connection was made.
        case reader(acknowledged: UInt64)
        /// The server itself, however long that takes.
        case server
    }

    /// How many looks a body in memory may take to come, however steadily it trickles.
    private static let bodyLooks = 4
    /// Bytes of a long body that must come from one look to the next.
    private static let longBodyPace = 64 << 10

    /// Looks since the present request, or the throwing away of its body, began.
    private var looks = 0
    /// Bytes that came since the last look.
    private var received = 0
    /// What the client had acknowledged at the last look, if the connection waited for it then too.
    private var acknowledged: UInt64?

    /// A request begins, or what follows on it: the time until the next look is not held against it.
    mutating func begin() { looks = 0 }

    mutating func receive(_ bytes: Int) { received += bytes }

    /// Whether the client has let the connection wait for nothing since the last look.
    mutating func isStalled(_ wait: Wait) -> Bool {
        let (came, before) = (received, acknowledged)
        looks += 1
        received = 0
        acknowledged = nil
        switch wait {
        case .request: return came == 0
        case .body: return came == 0 || looks > Self.bodyLooks
        case .longBody: return came < (looks > 1 ? Self.longBodyPace : 1)
        case .reader(let now):
            acknowledged = now
            if now == before { return true }
        case .server: break
        }
        // What the client is waited for next begins somewhere before the next look, which must not be held against it.
        received = 1
        return false
    }
}

extension Channel {
    /// How many bytes the other side has acknowledged since the connection was made. Fails when that is closed.
    ///
    /// What the socket takes from us says less: it takes nothing until a third of its buffer is free, and a slow client
    /// can need minutes for that.
    var acknowledgedBytes: EventLoopFuture<UInt64> {
        guard let socket = self as? any SocketOptionProvider else {
            return eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        // Linux's `tcp_info` up to `tcpi_bytes_acked`, which the C library's declaration lacks.
        let info: EventLoopFuture<InlineArray<16, UInt64>> = socket.unsafeGetSocketOption(level: .tcp, name: .tcp_info)
        return info.map { $0[15] }
    }
}
