package io.fairlead.interop.web;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import io.fairlead.interop.depot.StoreRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The contract and the types of error details, for clients without generated code. */
final class DepotDescriptors {
  private DepotDescriptors() {}

  /** Writes a descriptor set into a folder, and returns its file. */
  static Path write(Path folder) throws IOException {
    Map<String, FileDescriptorProto> files = new LinkedHashMap<>();
    add(StoreRequest.getDescriptor().getFile(), files);
    add(com.google.rpc.ErrorDetailsProto.getDescriptor(), files);
    return Files.write(
        folder.resolve("depot.pb"),
        FileDescriptorSet.newBuilder().addAllFile(files.values()).build().toByteArray());
  }

  private static void add(FileDescriptor file, Map<String, FileDescriptorProto> files) {
    file.getDependencies().forEach(each -> add(each, files));
    FileDescriptorProto.Builder named = file.toProto().toBuilder();
    for (int i = 0; i < named.getMessageTypeCount(); i++) {
      addJsonNames(file.getMessageTypes().get(i), named.getMessageTypeBuilder(i));
    }
    files.put(file.getName(), named.build());
  }

  /** protoc writes them into a descriptor set, and leaves them out of Java. */
  private static void addJsonNames(Descriptor message, DescriptorProto.Builder named) {
    for (int i = 0; i < named.getFieldCount(); i++) {
      named.getFieldBuilder(i).setJsonName(message.getFields().get(i).getJsonName());
    }
    for (int i = 0; i < named.getNestedTypeCount(); i++) {
      addJsonNames(message.getNestedTypes().get(i), named.getNestedTypeBuilder(i));
    }
  }
}
