package io.fairlead.cli;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.google.protobuf.DescriptorProtos.SourceCodeInfo.Location;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.GenericDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.ExtensionRegistry;
import io.fairlead.options.OptionsProto;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The files of a contract, and where in them each thing is written. Files of others are not. */
final class Contract {
  /** What a contract imports of others: a change there is not a change of the contract. */
  private static final List<String> FOREIGN =
      List.of(
          "google/protobuf/",
          "google/api/",
          "google/rpc/",
          "google/type/",
          "fairlead/options.proto");

  private final SortedMap<String, FileDescriptor> files = new TreeMap<>();
  private final Map<String, Map<List<Integer>, Location>> locations = new HashMap<>();

  private Contract() {}

  /**
   * Reads a contract.
   *
   * @param source a folder with .proto files, or a descriptor set
   */
  static Contract read(Path source, Protoc protoc) throws InterruptedException {
    if (Files.isDirectory(source)) {
      return of(source, protoc.compile(source));
    }
    if (!Files.exists(source)) {
      throw new CommandException(
          ExitCode.USAGE,
          "there is no "
              + source
              + "; name a folder with .proto files, or a descriptor set of protoc");
    }
    try (InputStream in = Files.newInputStream(source)) {
      return of(source, in.readAllBytes());
    } catch (IOException e) {
      throw unreadable(source, e);
    }
  }

  private static Contract of(Path source, byte[] bytes) {
    ExtensionRegistry extensions = ExtensionRegistry.newInstance();
    OptionsProto.registerAllExtensions(extensions);
    try {
      FileDescriptorSet set = FileDescriptorSet.parseFrom(bytes, extensions);
      Contract contract = new Contract();
      Map<String, FileDescriptorProto> known = new HashMap<>();
      set.getFileList().forEach(each -> known.put(each.getName(), each));
      Map<String, FileDescriptor> built = new HashMap<>();
      for (FileDescriptorProto each : set.getFileList()) {
        FileDescriptor file = build(each.getName(), known, built, source);
        if (FOREIGN.stream().noneMatch(each.getName()::startsWith)) {
          contract.files.put(each.getName(), file);
        }
      }
      if (contract.files.isEmpty()) {
        throw new CommandException(ExitCode.USAGE, source + " has no contract in it");
      }
      return contract;
    } catch (IOException | DescriptorValidationException e) {
      throw unreadable(source, e);
    }
  }

  private static FileDescriptor build(
      String name,
      Map<String, FileDescriptorProto> known,
      Map<String, FileDescriptor> built,
      Path source)
      throws DescriptorValidationException {
    FileDescriptor done = built.get(name);
    if (done != null) {
      return done;
    }
    FileDescriptorProto proto = known.get(name);
    if (proto == null) {
      throw new CommandException(
          ExitCode.USAGE,
          source + " does not have " + name + "; make it with protoc --include_imports");
    }
    FileDescriptor[] dependencies = new FileDescriptor[proto.getDependencyCount()];
    for (int i = 0; i < dependencies.length; i++) {
      dependencies[i] = build(proto.getDependency(i), known, built, source);
    }
    FileDescriptor file = FileDescriptor.buildFrom(proto, dependencies);
    built.put(name, file);
    return file;
  }

  private static CommandException unreadable(Path source, Exception why) {
    return new CommandException(
        ExitCode.USAGE,
        source
            + " is not a descriptor set of protoc --include_imports --include_source_info: "
            + why.getMessage());
  }

  /** Returns the files by their paths. */
  SortedMap<String, FileDescriptor> files() {
    return files;
  }

  /** Returns all messages, nested ones and those of map entries too, by their full names. */
  SortedMap<String, Descriptor> messages() {
    SortedMap<String, Descriptor> found = new TreeMap<>();
    files.values().forEach(file -> file.getMessageTypes().forEach(each -> collect(each, found)));
    return found;
  }

  private static void collect(Descriptor message, Map<String, Descriptor> found) {
    found.put(message.getFullName(), message);
    message.getNestedTypes().forEach(each -> collect(each, found));
  }

  /** Returns all enums, nested ones too, by their full names. */
  SortedMap<String, EnumDescriptor> enums() {
    SortedMap<String, EnumDescriptor> found = new TreeMap<>();
    files.values().forEach(file -> add(file.getEnumTypes(), found));
    messages().values().forEach(message -> add(message.getEnumTypes(), found));
    return found;
  }

  /** Returns all extensions, nested ones too, by their full names. */
  SortedMap<String, FieldDescriptor> extensions() {
    SortedMap<String, FieldDescriptor> found = new TreeMap<>();
    files.values().forEach(file -> add(file.getExtensions(), found));
    messages().values().forEach(message -> add(message.getExtensions(), found));
    return found;
  }

  /** Returns all services by their full names. */
  SortedMap<String, ServiceDescriptor> services() {
    SortedMap<String, ServiceDescriptor> found = new TreeMap<>();
    files.values().forEach(file -> add(file.getServices(), found));
    return found;
  }

  private static <T extends GenericDescriptor> void add(List<T> list, Map<String, T> found) {
    list.forEach(each -> found.put(each.getFullName(), each));
  }

  /**
   * Returns where a thing is written, or a part of it; null if it is written nowhere.
   *
   * @param part the numbers of the fields of its descriptor that lead to the part; none for the
   *     whole
   */
  @Nullable Location find(GenericDescriptor thing, int... part) {
    List<Integer> path = new ArrayList<>(path(thing));
    for (int each : part) {
      path.add(each);
    }
    return locations
        .computeIfAbsent(thing.getFile().getFullName(), name -> index(thing.getFile()))
        .get(path);
  }

  /**
   * Returns where a message in an option says something; null if nowhere.
   *
   * @param field the field of the message. If it is not written by itself, the whole option stands
   *     for it.
   */
  @Nullable Location findIn(GenericDescriptor thing, int options, int option, int field) {
    Location exact = find(thing, options, option, field);
    if (exact != null) {
      return exact;
    }
    return find(thing, options, option);
  }

  private static Map<List<Integer>, Location> index(FileDescriptor file) {
    Map<List<Integer>, Location> found = new HashMap<>();
    for (Location each : file.toProto().getSourceCodeInfo().getLocationList()) {
      found.putIfAbsent(List.copyOf(each.getPathList()), each);
    }
    return found;
  }

  /** The path of a descriptor in its file, in the numbers of descriptor.proto. */
  private static List<Integer> path(GenericDescriptor thing) {
    if (thing instanceof Descriptor message) {
      Descriptor outer = message.getContainingType();
      return outer == null
          ? step(List.of(), FileDescriptorProto.MESSAGE_TYPE_FIELD_NUMBER, message.getIndex())
          : step(path(outer), DescriptorProto.NESTED_TYPE_FIELD_NUMBER, message.getIndex());
    }
    if (thing instanceof EnumDescriptor type) {
      Descriptor outer = type.getContainingType();
      return outer == null
          ? step(List.of(), FileDescriptorProto.ENUM_TYPE_FIELD_NUMBER, type.getIndex())
          : step(path(outer), DescriptorProto.ENUM_TYPE_FIELD_NUMBER, type.getIndex());
    }
    if (thing instanceof FieldDescriptor field) {
      if (!field.isExtension()) {
        return step(
            path(field.getContainingType()), DescriptorProto.FIELD_FIELD_NUMBER, field.getIndex());
      }
      Descriptor scope = field.getExtensionScope();
      return scope == null
          ? step(List.of(), FileDescriptorProto.EXTENSION_FIELD_NUMBER, field.getIndex())
          : step(path(scope), DescriptorProto.EXTENSION_FIELD_NUMBER, field.getIndex());
    }
    if (thing instanceof EnumValueDescriptor value) {
      return step(path(value.getType()), EnumDescriptorProto.VALUE_FIELD_NUMBER, value.getIndex());
    }
    if (thing instanceof ServiceDescriptor service) {
      return step(List.of(), FileDescriptorProto.SERVICE_FIELD_NUMBER, service.getIndex());
    }
    if (thing instanceof MethodDescriptor method) {
      return step(
          path(method.getService()), ServiceDescriptorProto.METHOD_FIELD_NUMBER, method.getIndex());
    }
    return List.of();
  }

  private static List<Integer> step(List<Integer> path, int field, int index) {
    List<Integer> longer = new ArrayList<>(path);
    longer.add(field);
    longer.add(index);
    return longer;
  }
}
