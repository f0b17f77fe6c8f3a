import NIOCore

/// How people, programs and proxies get in.
package struct IdentitySettings: Sendable {
    /// Whether anyone can make an account.
    package var isRegistrationOpen = false
    /// Seconds in which a device's code must be allowed.
    package var deviceLifetime: Int64 = 300
    /// Days that the audit log is kept; 0 for ever.
    package var auditRetention = 365
    /// The proxies whose word is taken for where requests come from.
    package var trustedProxies: [String] = []
    /// What JWTs may name as their audience, beside the server's own address.
    package var audiences: [String] = []

    package init() {}

    mutating func take(_ source: Settings.Source) throws {
        switch source.registration {
        case nil: break
        case "open": isRegistrationOpen = true
        case "closed": isRegistrationOpen = false
        case let other?:
            throw Settings.Fault(description: "registration must be open or closed, is \(other)")
        }
        if let lifetime = source.deviceLifetime {
            guard (1...3600).contains(lifetime) else {
                throw Settings.Fault(description: "oauth_device_lifetime must be from 1 to 3600 seconds")
            }
            deviceLifetime = Int64(lifetime)
        }
        if let days = source.auditRetention {
            guard (0...36500).contains(days) else {
                throw Settings.Fault(description: "audit_retention_days must be from 0 to 36500")
            }
            auditRetention = days
        }
        for proxy in source.trustedProxies ?? [] where (try? SocketAddress(ipAddress: proxy, port: 0)) == nil {
            throw Settings.Fault(description: "trusted_proxies must be addresses, not \(proxy)")
        }
        trustedProxies = source.trustedProxies ?? trustedProxies
        audiences = source.audiences ?? audiences
    }
}
