package io.fairlead.codegen.contract;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorRequest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Every file of a request; descriptors are built when they are first asked for. */
public final class DescriptorPool {
  private final Map<String, FileDescriptorProto> files = new LinkedHashMap<>();
  private final Map<String, FileDescriptor> built = new HashMap<>();
  private final Set<String> beingBuilt = new HashSet<>();
  private final Map<String, String> fileOfMessage = new HashMap<>();
  private final List<FileDescriptorProto> toGenerate = new ArrayList<>();

  public DescriptorPool(CodeGeneratorRequest request) {
    for (FileDescriptorProto file : request.getProtoFileList()) {
      files.put(file.getName(), file);
    }
    // These keep comments and source-retention options, which the others have lost.
    for (FileDescriptorProto file : request.getSourceFileDescriptorsList()) {
      files.put(file.getName(), file);
    }
    for (String name : request.getFileToGenerateList()) {
      FileDescriptorProto file = files.get(name);
      if (file == null) {
        throw new IllegalArgumentException(
            "the request asks for " + name + " and does not describe it");
      }
      toGenerate.add(file);
    }
    for (FileDescriptorProto file : files.values()) {
      String scope = file.getPackage().isEmpty() ? "" : file.getPackage() + ".";
      index(file.getName(), scope, file.getMessageTypeList());
    }
  }

  private void index(String file, String scope, List<DescriptorProto> messages) {
    for (DescriptorProto message : messages) {
      String name = scope + message.getName();
      fileOfMessage.put(name, file);
      index(file, name + ".", message.getNestedTypeList());
    }
  }

  /** The files to generate, in the order of the request. */
  public List<FileDescriptorProto> toGenerate() {
    return toGenerate;
  }

  boolean contains(String file) {
    return files.containsKey(file);
  }

  /** The file of that name as protoc sent it. */
  FileDescriptorProto proto(String name) {
    FileDescriptorProto file = files.get(name);
    if (file == null) {
      throw new IllegalArgumentException("the request does not describe the file " + name);
    }
    return file;
  }

  Collection<FileDescriptorProto> files() {
    return files.values();
  }

  /**
   * The message of that full name.
   *
   * @param typeName as descriptors write it, with a leading dot
   */
  Descriptor message(String typeName) {
    String fullName = typeName.startsWith(".") ? typeName.substring(1) : typeName;
    String fileName = fileOfMessage.get(fullName);
    if (fileName == null) {
      throw new IllegalArgumentException("the request does not describe the message " + fullName);
    }
    FileDescriptor file = file(fileName);
    int skip = file.getPackage().isEmpty() ? 0 : file.getPackage().length() + 1;
    Descriptor found = null;
    for (String part : fullName.substring(skip).split("\\.", -1)) {
      found = found == null ? file.findMessageTypeByName(part) : found.findNestedTypeByName(part);
    }
    if (found == null) {
      throw new IllegalArgumentException(fileName + " lost the message " + fullName);
    }
    return found;
  }

  FileDescriptor file(String name) {
    FileDescriptor known = built.get(name);
    if (known != null) {
      return known;
    }
    FileDescriptorProto file = proto(name);
    if (!beingBuilt.add(name)) {
      throw new IllegalArgumentException("the request has the file " + name + " import itself");
    }
    List<FileDescriptor> dependencies = new ArrayList<>();
    for (String dependency : file.getDependencyList()) {
      // A file that was imported for its options alone may be absent.
      if (files.containsKey(dependency)) {
        dependencies.add(file(dependency));
      }
    }
    FileDescriptor descriptor = build(file, dependencies);
    built.put(name, descriptor);
    return descriptor;
  }

  private static FileDescriptor build(FileDescriptorProto file, List<FileDescriptor> dependencies) {
    try {
      return FileDescriptor.buildFrom(file, dependencies.toArray(new FileDescriptor[0]), true);
    } catch (DescriptorValidationException | RuntimeException e) {
      // protobuf checks much, but not everything that a descriptor may hold.
      throw new IllegalArgumentException(
          file.getName() + " is not a valid descriptor: " + e.getMessage(), e);
    }
  }
}
