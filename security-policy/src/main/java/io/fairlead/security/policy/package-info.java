/** Who may call which method, by a file of rules, and how often. */
@NullMarked
package io.fairlead.security.policy;

import org.jspecify.annotations.NullMarked;
