/// The memory that encoders write to.
///
/// A class, so that all containers of one encoding share it at the price of a pointer, and raw memory, because the
/// checks of an array at every piece would double the time. Nothing here is checked against overlapping access: one
/// encoding runs on one thread and no method calls back while it holds a pointer.
final class JSONBuffer {
    @exclusivity(unchecked) private(set) var start: UnsafeMutablePointer<UInt8>
    @exclusivity(unchecked) private var capacity: Int
    @exclusivity(unchecked) var count = 0
    /// The closing brackets of the containers that are open, innermost last.
    @exclusivity(unchecked) var closers: [UInt8] = []

    init(capacity: Int) {
        self.capacity = max(capacity, 64)
        start = .allocate(capacity: self.capacity)
    }

    convenience init(copying other: JSONBuffer) {
        self.init(capacity: other.capacity)
        start.update(from: other.start, count: other.count)
        count = other.count
    }

    deinit {
        start.deallocate()
    }

    /// Makes room for that many more bytes.
    @inline(__always)
    func reserve(_ more: Int) {
        if capacity - count < more { grow(more) }
    }

    @inline(never)
    private func grow(_ more: Int) {
        capacity = max(capacity * 2, count + more)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.update(from: start, count: count)
        start.deallocate()
        start = larger
    }

    @inline(__always)
    func byte(_ byte: UInt8) {
        reserve(1)
        start[count] = byte
        count += 1
    }

    @inline(__always)
    func raw(_ text: StaticString) {
        raw(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    func raw(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let first = bytes.baseAddress else { return }
        reserve(bytes.count)
        (start + count).update(from: first, count: bytes.count)
        count += bytes.count
    }

    func bool(_ value: Bool) {
        if value { raw("true") } else { raw("false") }
    }

    // MARK: - Structure

    /// Begins a container: its members are written at level `closers.count`.
    @inline(__always)
    func open(_ bracket: UInt8, _ closer: UInt8) {
        byte(bracket)
        closers.append(closer)
    }

    /// Ends all containers deeper than the level. Containers have no end of their own in `Codable`: they end when
    /// one further out is written to, or when the value that opened them is complete.
    @inline(__always)
    func close(to level: Int) {
        while closers.count > level { byte(closers.removeLast()) }
    }

    /// Whatever separates the next element of the innermost container from what precedes it.
    @inline(__always)
    func separator() {
        // A string ends with a quote, so only a container just opened ends with a bracket of this kind.
        let last = start[count - 1]
        if last != UInt8(ascii: "{") && last != UInt8(ascii: "[") { byte(UInt8(ascii: ",")) }
    }

    /// The name of the next member of the object at the level.
    @inline(__always)
    func key(_ key: String, level: Int) {
        if closers.count != level { close(to: level) }
        separator()
        string(key)
        byte(UInt8(ascii: ":"))
    }

    /// The beginning of the next element of the array at the level.
    @inline(__always)
    func element(level: Int) {
        if closers.count != level { close(to: level) }
        separator()
    }
}
