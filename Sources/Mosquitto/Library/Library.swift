import CMosquitto
import Glibc

/// The library libmosquitto.
public enum Library {
    /// The version of the library in use, such as `2.0.11`.
    public static let version: String = {
        var major: Int32 = 0
        var minor: Int32 = 0
        var revision: Int32 = 0
        mosquitto_lib_version(&major, &minor, &revision)
        return "\(major).\(minor).\(revision)"
    }()

    /// `mosquitto_lib_init` has to run once before anything else. Swift initializes a static value once.
    private static let initialized: Int32 = mosquitto_lib_init()

    static func initialize() throws(MQTTError) {
        guard initialized == MOSQ_ERR_SUCCESS.rawValue else {
            throw MQTTError(.library, "libmosquitto \(version) could not be initialized: \(describe(initialized))")
        }
    }

    /// The meaning of a code that a function of the library returned.
    static func describe(_ code: Int32) -> String { String(cString: mosquitto_strerror(code)) }

    /// The same, right after the call. Where the library only points to `errno`, the text is the system's.
    static func describe(withErrno code: Int32) -> String {
        let system = errno
        switch code {
        case Int32(MOSQ_ERR_ERRNO.rawValue): return String(cString: strerror(system))
        case Int32(MOSQ_ERR_EAI.rawValue): return String(cString: tallywire_resolver_error(system))
        default: return describe(code)
        }
    }

    /// The meaning of a broker's reason code of MQTT 5.
    static func describe(reason code: Int32) -> String { String(cString: mosquitto_reason_string(code)) }
}
