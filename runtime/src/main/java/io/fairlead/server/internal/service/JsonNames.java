package io.fairlead.server.internal.service;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.reflection.v1.FileDescriptorResponse;

/**
 * Adds the JSON names of fields to descriptors. protoc leaves them out of those that Java code
 * holds, and tools that show messages as JSON rely on them.
 */
final class JsonNames {
  private JsonNames() {}

  static FileDescriptorResponse addTo(FileDescriptorResponse response)
      throws InvalidProtocolBufferException {
    FileDescriptorResponse.Builder named = response.toBuilder().clearFileDescriptorProto();
    for (ByteString bytes : response.getFileDescriptorProtoList()) {
      FileDescriptorProto.Builder file = FileDescriptorProto.newBuilder().mergeFrom(bytes);
      file.getMessageTypeBuilderList().forEach(JsonNames::addTo);
      file.getExtensionBuilderList().forEach(JsonNames::addTo);
      named.addFileDescriptorProto(file.build().toByteString());
    }
    return named.build();
  }

  private static void addTo(DescriptorProto.Builder message) {
    message.getFieldBuilderList().forEach(JsonNames::addTo);
    message.getExtensionBuilderList().forEach(JsonNames::addTo);
    message.getNestedTypeBuilderList().forEach(JsonNames::addTo);
  }

  private static void addTo(FieldDescriptorProto.Builder field) {
    if (!field.hasJsonName()) {
      field.setJsonName(jsonName(field.getName()));
    }
  }

  /** As protoc makes it: each underscore goes, and the letter behind it becomes a capital. */
  private static String jsonName(String name) {
    StringBuilder json = new StringBuilder();
    boolean capital = false;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c != '_') {
        json.append(capital && c >= 'a' && c <= 'z' ? (char) (c - 'a' + 'A') : c);
      }
      capital = c == '_';
    }
    return json.toString();
  }
}
