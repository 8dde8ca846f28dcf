package io.fairlead.docs.structure;

import java.util.Set;
import java.util.TreeSet;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.commons.ClassRemapper;
import org.objectweb.asm.commons.Remapper;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.InnerClassNode;

/**
 * A class file: what it declares, and every type and member that it names. Names are those of class
 * files, {@code java/util/Map$Entry}.
 */
record ClassFile(String module, ClassNode declared, Set<String> types, Set<Member> members) {

  /** A method or a field, as the code that uses it names it. */
  record Member(String owner, String name, String descriptor) implements Comparable<Member> {
    @Override
    public int compareTo(Member other) {
      return toString().compareTo(other.toString());
    }
  }

  /** Is asked for a new name of all that a class file names, and writes the old ones down. */
  static final class Names extends Remapper {
    final Set<String> types = new TreeSet<>();
    final Set<Member> members = new TreeSet<>();

    Names() {
      super(Opcodes.ASM9);
    }

    @Override
    public String map(String internalName) {
      types.add(internalName);
      return internalName;
    }

    @Override
    public String mapMethodName(String owner, String name, String descriptor) {
      members.add(new Member(owner, name, descriptor));
      return name;
    }

    @Override
    public String mapFieldName(String owner, String name, String descriptor) {
      members.add(new Member(owner, name, descriptor));
      return name;
    }
  }

  static ClassFile read(String module, byte[] bytes) {
    ClassNode declared = new ClassNode();
    Names names = new Names();
    new ClassReader(bytes)
        .accept(
            new ClassRemapper(declared, names), ClassReader.SKIP_DEBUG | ClassReader.SKIP_FRAMES);
    return new ClassFile(module, declared, names.types, names.members);
  }

  String name() {
    return declared.name;
  }

  String packageName() {
    return packageOf(declared.name);
  }

  static String packageOf(String name) {
    return name.substring(0, Math.max(0, name.lastIndexOf('/'))).replace('/', '.');
  }

  static boolean isInternal(String packageName) {
    return ("." + packageName + ".").contains(".internal.");
  }

  boolean isInternal() {
    return isInternal(packageName());
  }

  boolean is(int flag) {
    return (access() & flag) != 0;
  }

  /** The modifiers in the source: those of a nested type stand in a table, not at its head. */
  private int access() {
    for (InnerClassNode nested : declared.innerClasses) {
      if (nested.name.equals(declared.name)) {
        return nested.access;
      }
    }
    return declared.access;
  }
}
