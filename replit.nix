# System packages of the Replit workspace: everything else is installed by `make runtime`.
{ pkgs }: {
  deps = [ pkgs.gnumake ];
}
