import APIKit
import Glibc
import NIOCore
import NIOPosix

/// Writes the body of an answer piece by piece, as fast as the client reads.
struct ReplyWriter: Sendable {
    /// The client has closed the connection.
    struct ClientGone: Error {}
    /// A file ended before its time, or cannot be read.
    struct Unreadable: Error {}

    let bound: NIOLoopBound<(HTTPConnection, ChannelHandlerContext)>
    /// Whether the pieces of a stream are framed as chunks.
    let isChunked: Bool

    /// Bytes of a file that are read and sent at a time.
    private static let pieceSize = 256 << 10

    func write(_ body: HTTPReply.Body) async throws {
        switch body {
        case .whole: break
        case .events(let stream):
            try await stream.run(
                EventStream.Sink { json in
                    // An empty chunk would end the body.
                    if json.count == 0 { return }
                    try await write(json.withBytes { isChunked ? Self.chunk($0) : ByteBuffer(bytes: $0) })
                })
        case .file(let path, let count): try await writeFile(path, count)
        }
    }

    /// A chunk of an HTTP/1.1 body: its length in hexadecimal digits, and its bytes, each with the end of a line.
    private static func chunk(_ bytes: UnsafeRawBufferPointer) -> ByteBuffer {
        var chunk = ByteBufferAllocator().buffer(capacity: bytes.count + 20)
        chunk.writeString(String(bytes.count, radix: 16))
        chunk.writeStaticString("\r\n")
        chunk.writeBytes(bytes)
        chunk.writeStaticString("\r\n")
        return chunk
    }

    private func write(_ piece: ByteBuffer) async throws {
        if bound.eventLoop.inEventLoop {
            let (connection, context) = bound.value
            if try connection.send(piece, context) { return }
        } else {
            let isWritable = try await bound.eventLoop.submit { [bound] in
                try bound.value.0.send(piece, bound.value.1)
            }.get()
            if isWritable { return }
        }
        try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Void, any Error>) in
            bound.eventLoop.execute { [bound] in bound.value.0.awaitWritable(continuation, bound.value.1) }
        }
    }

    private func writeFile(_ path: String, _ count: Int64) async throws {
        let threads = NIOThreadPool.singleton
        let file = try await threads.runIfActive {
            let file = open(path, O_RDONLY | O_CLOEXEC)
            if file < 0 { throw Unreadable() }
            return file
        }
        defer { close(file) }
        var rest = count
        while rest > 0 {
            let size = Int(min(rest, Int64(Self.pieceSize)))
            let piece = try await threads.runIfActive {
                var piece = ByteBuffer()
                let got = piece.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { space in
                    max(0, read(file, space.baseAddress, size))
                }
                if got == 0 { throw Unreadable() }
                return piece
            }
            rest -= Int64(piece.readableBytes)
            try await write(piece)
        }
    }
}

extension NIOLoopBound where Value == (HTTPConnection, ChannelHandlerContext) {
    /// Runs work on the connection's loop; at once if this is it.
    func run(_ work: @escaping @Sendable (HTTPConnection, ChannelHandlerContext) -> Void) async {
        if eventLoop.inEventLoop { return work(value.0, value.1) }
        try? await eventLoop.submit { [self] in work(value.0, value.1) }.get()
    }
}
