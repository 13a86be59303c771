import CMosquitto
import Glibc

/// The MQTT 5 properties of a message, converted to and from libmosquitto's lists.
enum MessageProperties {
    /// Adds the properties of `message` to `list`, which the caller frees. Returns libmosquitto's code.
    static func add(_ message: MQTTMessage, to list: inout OpaquePointer?) -> Int32 {
        var code: Int32 = 0
        if let topic = message.responseTopic {
            code = mosquitto_property_add_string(&list, Int32(MQTT_PROP_RESPONSE_TOPIC.rawValue), topic)
        }
        if code == 0, let data = message.correlationData {
            code = mosquitto_property_add_binary(
                &list, Int32(MQTT_PROP_CORRELATION_DATA.rawValue), data, UInt16(clamping: data.count))
        }
        if code == 0, let type = message.contentType {
            code = mosquitto_property_add_string(&list, Int32(MQTT_PROP_CONTENT_TYPE.rawValue), type)
        }
        for property in message.userProperties where code == 0 {
            code = mosquitto_property_add_string_pair(
                &list, Int32(MQTT_PROP_USER_PROPERTY.rawValue), property.name, property.value)
        }
        return code
    }

    static func string(_ property: mqtt5_property, in list: OpaquePointer?) -> String? {
        var value: UnsafeMutablePointer<CChar>?
        guard mosquitto_property_read_string(list, Int32(property.rawValue), &value, false) != nil, let value else { return nil }
        defer { free(value) }
        return String(cString: value)
    }

    static func bytes(_ property: mqtt5_property, in list: OpaquePointer?) -> [UInt8]? {
        var value: UnsafeMutableRawPointer?
        var count: UInt16 = 0
        guard mosquitto_property_read_binary(list, Int32(property.rawValue), &value, &count, false) != nil else { return nil }
        defer { free(value) }
        return value.map { Array(UnsafeRawBufferPointer(start: $0, count: Int(count))) } ?? []
    }

    static func userProperties(in list: OpaquePointer?) -> [UserProperty] {
        var properties: [UserProperty] = []
        var place = list
        var isFound = false
        // The search starts at the given element. From the second call on, when that element is a match itself, the search starts
        // after it.
        while let start = place {
            var name: UnsafeMutablePointer<CChar>?
            var value: UnsafeMutablePointer<CChar>?
            place = mosquitto_property_read_string_pair(
                start, Int32(MQTT_PROP_USER_PROPERTY.rawValue), &name, &value, isFound)
            defer {
                free(name)
                free(value)
            }
            isFound = true
            if place != nil, let name, let value { properties.append(UserProperty(String(cString: name), String(cString: value))) }
        }
        return properties
    }
}
