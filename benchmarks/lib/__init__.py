"""What the scripts of benchmarks/ share: experiments, tables, systems and measurements."""
