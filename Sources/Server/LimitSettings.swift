import Platform
import Yams

/// The rate limits as the configuration file declares them.
enum LimitSettings {
    private static let keys = [
        "plan", "token_per_second", "token_burst", "user_per_minute", "user_burst", "address_per_minute",
        "address_burst", "system_per_second", "system_burst",
    ]

    /// - Parameters:
    ///   - node: what stands under `rate_limits`.
    ///   - path: the file, for faults.
    static func rules(_ node: Node, in path: String) throws -> RateLimitRules {
        func fault(_ reason: String) -> Settings.Fault { Settings.Source.fault(path, "rate_limits \(reason)") }
        guard let mapping = node.mapping else { throw fault("must hold keys and values") }
        var rules = RateLimitRules()
        var numbers: [String: Int] = [:]
        for (key, value) in mapping where !Settings.Source.isNull(value) {
            let name = key.string ?? ""
            guard keys.contains(name) else { throw fault("\(name) is not known; known are \(list(keys))") }
            guard let text = value.scalar?.string else { throw fault("\(name) must be a single value") }
            if name == "plan" {
                guard let plan = RateLimitPlan(rawValue: text) else {
                    throw fault("plan must be one of \(list(RateLimitPlan.allCases.map(\.rawValue))), is \(text)")
                }
                rules.plan = plan
                continue
            }
            guard let number = Int(text), (1...1_000_000).contains(number) else {
                throw fault("\(name) must be a number from 1 to 1000000, is \(text)")
            }
            numbers[name] = number
        }
        func rate(_ name: String, _ burst: String, _ make: (Int, Int?) -> Rate) throws -> Rate? {
            guard let count = numbers[name] else {
                if numbers[burst] != nil { throw fault("\(burst) needs \(name)") }
                return nil
            }
            return make(count, numbers[burst])
        }
        rules.token = try rate("token_per_second", "token_burst", Rate.perSecond)
        rules.endUser = try rate("user_per_minute", "user_burst", Rate.perMinute)
        rules.address = try rate("address_per_minute", "address_burst", Rate.perMinute)
        rules.system = try rate("system_per_second", "system_burst", Rate.perSecond)
        return rules
    }

    private static func list(_ words: [String]) -> String { words.joined(separator: ", ") }
}
