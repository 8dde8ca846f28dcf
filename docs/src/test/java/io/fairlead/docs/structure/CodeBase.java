package io.fairlead.docs.structure;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.AnnotationNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.InnerClassNode;

/** The class files of several modules, and how they hang together. */
final class CodeBase {
  private static final Set<String> OF_PROTOC =
      Set.of(
          "com/google/protobuf/MessageOrBuilder",
          "com/google/protobuf/ProtocolMessageEnum",
          "com/google/protobuf/Internal$EnumLite",
          "com/google/protobuf/GeneratedFile");

  private final Map<String, ClassFile> files = new TreeMap<>();
  private final Set<String> services = new TreeSet<>();
  private final Map<String, ClassNode> outside = new HashMap<>();
  private final Map<String, Set<String>> lineages = new HashMap<>();

  /** All modules; read once, as it takes a second. */
  static CodeBase all() {
    return All.CODE;
  }

  private static final class All {
    static final CodeBase CODE = of(List.of(MavenModule.values()));
  }

  static CodeBase of(Collection<MavenModule> modules) {
    CodeBase code = new CodeBase();
    for (MavenModule module : modules) {
      code.add(module.folder(), module.classes());
    }
    return code;
  }

  /** Adds all class files below a directory. */
  CodeBase add(String module, Path classes) {
    int before = files.size();
    try (Stream<Path> all = Files.isDirectory(classes) ? Files.walk(classes) : Stream.empty()) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        if (file.toString().endsWith(".class")) {
          ClassFile read = ClassFile.read(module, Files.readAllBytes(file));
          files.put(read.name(), read);
        } else if (file.startsWith(classes.resolve("META-INF/services"))) {
          Files.readAllLines(file).forEach(line -> services.add(line.strip().replace('.', '/')));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (files.size() == before) {
      throw new IllegalStateException(
          "No class files in "
              + classes.toAbsolutePath().normalize()
              + ": build with -am, and let docs/pom.xml depend on "
              + module);
    }
    return this;
  }

  Collection<ClassFile> files() {
    return files.values();
  }

  @Nullable ClassFile file(String name) {
    return files.get(name);
  }

  boolean isService(String name) {
    return services.contains(name);
  }

  /** Whether code in another package can name this type, and is invited to. */
  boolean isApi(ClassFile file) {
    return !file.isInternal() && isVisible(file, Opcodes.ACC_PUBLIC | Opcodes.ACC_PROTECTED);
  }

  /** Whether this type and all around it have one of these modifiers. */
  boolean isVisible(ClassFile file, int modifiers) {
    if (!file.is(modifiers) || file.is(Opcodes.ACC_SYNTHETIC)) {
      return false;
    }
    ClassFile around = outer(file);
    return around == null ? !isNested(file) : isVisible(around, modifiers);
  }

  /** The type that this one is a member of. */
  @Nullable ClassFile outer(ClassFile file) {
    for (InnerClassNode nested : file.declared().innerClasses) {
      if (nested.name.equals(file.name())) {
        return nested.outerName == null ? null : files.get(nested.outerName);
      }
    }
    return null;
  }

  private static boolean isNested(ClassFile file) {
    return file.declared().innerClasses.stream().anyMatch(each -> each.name.equals(file.name()));
  }

  /** Made from a .proto file, which is the API: by protoc, or by a plugin that says so. */
  boolean isGenerated(ClassFile file) {
    ClassFile outer = outer(file);
    return !Collections.disjoint(lineage(file.name()), OF_PROTOC)
        || annotations(file.declared()).anyMatch(each -> each.desc.endsWith("Generated;"))
        || (outer != null && isGenerated(outer));
  }

  private static Stream<AnnotationNode> annotations(ClassNode type) {
    return Stream.of(type.visibleAnnotations, type.invisibleAnnotations)
        .filter(Objects::nonNull)
        .flatMap(List::stream);
  }

  /** A type and all its supertypes, in the order in which the JVM looks for a method. */
  Set<String> lineage(String name) {
    Set<String> known = lineages.get(name);
    if (known != null) {
      return known;
    }
    Set<String> found = new LinkedHashSet<>();
    for (String each = name; each != null; each = declaration(each).superName) {
      found.add(each);
    }
    for (String each : List.copyOf(found)) {
      declaration(each).interfaces.forEach(above -> found.addAll(lineage(above)));
    }
    lineages.put(name, found);
    return found;
  }

  /** What is declared under this name: here, in a library or in the JDK. */
  ClassNode declaration(String name) {
    ClassFile file = files.get(name);
    return file != null ? file.declared() : outside.computeIfAbsent(name, CodeBase::load);
  }

  private static ClassNode load(String name) {
    ClassNode node = new ClassNode();
    String path = name + ".class";
    try (InputStream bytes = ClassLoader.getSystemResourceAsStream(path)) {
      new ClassReader(requireNonNull(bytes, path)).accept(node, ClassReader.SKIP_CODE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return node;
  }
}
