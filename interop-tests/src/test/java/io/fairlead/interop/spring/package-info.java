/** An application of Spring Boot with a server of ours in it. */
@NullMarked
package io.fairlead.interop.spring;

import org.jspecify.annotations.NullMarked;
