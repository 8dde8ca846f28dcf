package io.fairlead.samples.aiplatform.story;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A stand-in for Python tells what it was asked for; the real one is in AiPlatformIT. */
class PythonTest {
  @TempDir Path root;
  private Path sample;

  @BeforeEach
  void lay() throws Exception {
    sample = root.resolve("samples/it");
    Files.createDirectories(sample.resolve("python"));
    Files.createDirectories(sample.resolve("src/main/proto"));
    Files.createDirectories(root.resolve("proto/src/main/proto"));
    Files.writeString(sample.resolve("python/requirements.txt"), "six==1.16.0\n");
  }

  private Path program(String name, String script) throws Exception {
    Path program = root.resolve("bin").resolve(name);
    Files.createDirectories(program.getParent());
    Files.writeString(program, "#!/bin/sh\n" + script);
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    return program;
  }

  @Test
  void aMissingPythonIsNamed() {
    assertThatThrownBy(() -> Python.prepare(sample, root.resolve("bin").toString()))
        .isInstanceOf(Python.Missing.class)
        .hasMessage("no python3 is on the PATH; install Python 3.10 or newer");
  }

  @Test
  void aPythonThatMakesNoEnvironmentIsNamedWithWhatItSaid() throws Exception {
    Path log = sample.resolve("target/python/install.log");
    Path unused = program("python3", "echo ensurepip is not available; exit 1\n");
    assertThatThrownBy(() -> Python.prepare(sample, root.resolve("bin").toString()))
        .isInstanceOf(Python.Missing.class)
        .hasMessage("it cannot make a virtual environment; what it said is in " + log);
    assertThat(log).hasContent("ensurepip is not available");
  }

  @Test
  void theEnvironmentIsMadeOnceAndAgainWhenItsPackagesChange() throws Exception {
    Path asked = root.resolve("asked");
    Path inside = program("inside", "echo \"$@\" >>" + asked + "\n");
    String copy =
        "mkdir -p \"$4/bin\" && cp " + inside + " \"$4/bin/python\" && echo venv >>" + asked + "\n";
    Path unused = program("python3", copy);
    String path = root.resolve("bin").toString();
    Python.prepare(sample, path);
    String made = Files.readString(asked);
    assertThat(made).startsWith("venv\n-m pip install").contains("grpc_tools.protoc");
    Python.prepare(sample, path);
    assertThat(asked).hasContent(made);
    Files.writeString(sample.resolve("python/requirements.txt"), "six==1.17.0\n");
    Python.prepare(sample, path);
    assertThat(asked).hasContent(made + made);
  }
}
