package io.fairlead.gateway.internal.json;

import com.google.protobuf.Descriptors.Descriptor;
import java.util.Map;

/** The form that a message has in JSON: an object of its fields, or one that protobuf defines. */
public enum MessageForm {
  PLAIN,
  ANY,
  TIMESTAMP,
  DURATION,
  FIELD_MASK,
  STRUCT,
  VALUE,
  LIST,
  WRAPPER;

  private static final Map<String, MessageForm> WELL_KNOWN =
      Map.ofEntries(
          Map.entry("google.protobuf.Any", ANY),
          Map.entry("google.protobuf.Timestamp", TIMESTAMP),
          Map.entry("google.protobuf.Duration", DURATION),
          Map.entry("google.protobuf.FieldMask", FIELD_MASK),
          Map.entry("google.protobuf.Struct", STRUCT),
          Map.entry("google.protobuf.Value", VALUE),
          Map.entry("google.protobuf.ListValue", LIST),
          Map.entry("google.protobuf.BoolValue", WRAPPER),
          Map.entry("google.protobuf.BytesValue", WRAPPER),
          Map.entry("google.protobuf.DoubleValue", WRAPPER),
          Map.entry("google.protobuf.FloatValue", WRAPPER),
          Map.entry("google.protobuf.Int32Value", WRAPPER),
          Map.entry("google.protobuf.Int64Value", WRAPPER),
          Map.entry("google.protobuf.StringValue", WRAPPER),
          Map.entry("google.protobuf.UInt32Value", WRAPPER),
          Map.entry("google.protobuf.UInt64Value", WRAPPER));

  /** Returns the form of a type. */
  public static MessageForm of(Descriptor type) {
    return WELL_KNOWN.getOrDefault(type.getFullName(), PLAIN);
  }
}
