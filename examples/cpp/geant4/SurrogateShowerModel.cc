// See the header: a sketch that has not been compiled.

#include "SurrogateShowerModel.hh"

#include <cmath>

#include "G4Electron.hh"
#include "G4PhysicalConstants.hh"
#include "G4SystemOfUnits.hh"
#include "Randomize.hh"

namespace {

// The surrogate calo-pb-lar: its range, and the cells of surrogate.json ("grid" and "parameters").
constexpr double kLowest = 1.0 * CLHEP::GeV, kHighest = 20.0 * CLHEP::GeV;
constexpr int kLayers = 25, kSectors = 12, kRings = 8;
constexpr double kRings_mm[kRings + 1] = {0, 2, 5, 10, 16, 25, 40, 70, 283};
constexpr double kLayerDepth_mm = 2 * (2.3 + 5.7);  // two slabs of lead and argon

}  // namespace

SurrogateShowerModel::SurrogateShowerModel(const G4String& name, G4Region* region,
                                           const std::string& model)
    : G4VFastSimulationModel(name, region),
      surrogate_(model),
      // each thread has a model of its own, seeded by the event generator's engine
      random_(static_cast<std::uint64_t>(G4UniformRand() * 9007199254740992.0)) {}

G4bool SurrogateShowerModel::IsApplicable(const G4ParticleDefinition& particle) {
  return &particle == G4Electron::Definition();  // what the surrogate was trained on
}

// The surrogate knows electrons that enter along the axis, in its range of energies. All others are
// tracked in full, and so is an electron that is not at the entrance.
G4bool SurrogateShowerModel::ModelTrigger(const G4FastTrack& track) {
  const double energy = track.GetPrimaryTrack()->GetKineticEnergy();
  const bool along = track.GetPrimaryTrackLocalDirection().z() > 0.9999;
  return along && energy >= kLowest && energy <= kHighest;
}

void SurrogateShowerModel::DoIt(const G4FastTrack& track, G4FastStep& step) {
  const double energy = track.GetPrimaryTrack()->GetKineticEnergy();
  const physgan::Conditions at = {{"energy_mev", static_cast<float>(energy / CLHEP::MeV)}};
  const auto event = surrogate_.draw(at, 1, random_);
  const float* deposit = event.floats();

  step.KillPrimaryTrack();
  step.ProposePrimaryTrackPathLength(0.0);
  const G4ThreeVector entrance = track.GetPrimaryTrack()->GetPosition();
  const G4ThreeVector axis = track.GetPrimaryTrack()->GetMomentumDirection();
  const G4ThreeVector across = axis.orthogonal().unit(), other = axis.cross(across);
  double deposited = 0;
  for (int layer = 0; layer < kLayers; ++layer)
    for (int sector = 0; sector < kSectors; ++sector)
      for (int ring = 0; ring < kRings; ++ring, ++deposit) {
        if (*deposit <= 0) continue;
        const double depth = (layer + 0.5) * kLayerDepth_mm * CLHEP::mm;
        const double angle = (sector + 0.5) * CLHEP::twopi / kSectors - CLHEP::pi;
        const double radius = 0.5 * (kRings_mm[ring] + kRings_mm[ring + 1]) * CLHEP::mm;
        const G4ThreeVector place = entrance + depth * axis +
                                    radius * (std::cos(angle) * across + std::sin(angle) * other);
        hits_.make(G4FastHit(place, *deposit * CLHEP::MeV), track);
        deposited += *deposit * CLHEP::MeV;
      }
  // The deposits are those in the active cells; the rest of the energy is in the absorber.
  step.ProposeTotalEnergyDeposited(deposited);
}
