package io.fairlead.gateway.internal.proxy;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Links the files of contracts, in the order that their imports ask for. */
final class ContractFiles {
  private final Map<String, FileDescriptorProto> files;
  private final Map<String, FileDescriptor> linked = new HashMap<>();
  private final Set<String> open = new HashSet<>();

  private ContractFiles(Map<String, FileDescriptorProto> files) {
    this.files = files;
  }

  /**
   * Returns the services that are served, in the order of their files' names.
   *
   * @throws IllegalArgumentException if they do not fit together; the message names the file
   */
  static List<ServiceDescriptor> services(FoundContracts found) {
    ContractFiles all = new ContractFiles(found.files());
    List<ServiceDescriptor> services = new ArrayList<>();
    for (FileDescriptorProto each : found.files().values()) {
      all.link(each).getServices().stream()
          .filter(service -> found.services().contains(service.getFullName()))
          .forEach(services::add);
    }
    return services;
  }

  private FileDescriptor link(FileDescriptorProto file) {
    FileDescriptor known = linked.get(file.getName());
    if (known != null) {
      return known;
    }
    if (!open.add(file.getName())) {
      throw new IllegalArgumentException("the file " + file.getName() + " imports itself");
    }
    List<FileDescriptor> imports = new ArrayList<>();
    for (String name : file.getDependencyList()) {
      FileDescriptorProto imported = files.get(name);
      // One that is missing may hold options alone; protobuf refuses it if a type is missed.
      if (imported != null) {
        imports.add(link(imported));
      }
    }
    try {
      FileDescriptor done =
          FileDescriptor.buildFrom(file, imports.toArray(FileDescriptor[]::new), true);
      linked.put(file.getName(), done);
      return done;
    } catch (DescriptorValidationException e) {
      throw new IllegalArgumentException(
          "the contract "
              + file.getName()
              + " cannot be used: "
              + e.getMessage()
              + "; a descriptor set needs protoc's --include_imports",
          e);
    }
  }
}
