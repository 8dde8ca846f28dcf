package io.fairlead.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.util.JsonFormat;
import io.fairlead.admin.v1.DrainRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The commands of the page on the admin service are what its contract takes. */
class AdminPageTest {
  private static final Pattern COMMAND =
      Pattern.compile("grpcurl .*?(?:-d '(\\{.*})' )?HOST:PORT ([\\w.]+)/(\\w+)");

  @Test
  void eachCommandIsOneOfTheContractAndEachMethodHasACommand() throws IOException {
    ServiceDescriptor admin = DrainRequest.getDescriptor().getFile().findServiceByName("Admin");
    Set<String> missing = new TreeSet<>();
    admin.getMethods().forEach(method -> missing.add(method.getName()));
    for (String line : Files.readAllLines(Path.of("admin.md"))) {
      if (!line.startsWith("grpcurl ")) {
        continue;
      }
      Matcher command = COMMAND.matcher(line);
      assertThat(command.matches()).as(line).isTrue();
      assertThat(command.group(2)).isEqualTo(admin.getFullName());
      MethodDescriptor method = admin.findMethodByName(command.group(3));
      assertThat(method).as(line).isNotNull();
      if (command.group(1) != null) {
        // Refuses fields that the request does not have.
        JsonFormat.parser()
            .merge(command.group(1), DynamicMessage.newBuilder(method.getInputType()));
      }
      missing.remove(method.getName());
    }
    assertThat(missing).as("methods without a command on the page").isEmpty();
  }
}
