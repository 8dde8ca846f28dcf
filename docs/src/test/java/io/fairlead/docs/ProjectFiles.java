package io.fairlead.docs;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/**
 * The files of the project that somebody wrote.
 *
 * <p>Folders of build output are never entered: other modules are built at the same time, and what
 * they write can be gone before it is read.
 */
public final class ProjectFiles {
  private static final Set<String> OUTPUT = Set.of("target", "node_modules", ".git");

  private ProjectFiles() {}

  /** Returns all files below {@code folder} whose names end with {@code suffix}, in order. */
  public static List<Path> below(Path folder, String suffix) throws IOException {
    List<Path> found = new ArrayList<>();
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path each, BasicFileAttributes attributes) {
            return OUTPUT.contains(String.valueOf(each.getFileName()))
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path each, BasicFileAttributes attributes) {
            if (each.toString().endsWith(suffix)) {
              found.add(each);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    Collections.sort(found);
    return found;
  }
}
